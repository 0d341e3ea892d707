// The dashboard as the HTTP server gets it: what `npm run dashboard` generates as build/dashboard-site.js and
// programs import as `#dashboard-site`. Every file is gzipped and base64; names other than `/` hold the hash of their
// content, so they never change. Bounded by the build: `shellBytesMax` and `siteBytesMax`.

/** One file of the dashboard. */
export interface SiteFile {
  /** For `content-type`. */
  readonly type: string;
  /** For `etag`, with its quotes: the hash of the content. */
  readonly etag: string;
  /** Whether the name holds the hash: `cache-control: public, max-age=31536000, immutable`; else `no-cache`. */
  readonly isImmutable: boolean;
  /** The gzipped content, base64. */
  readonly body: string;
}

/** The packages in it, whose licences go with it. */
export declare const sitePackages: readonly string[];

/** The files by path, `/` first. */
export declare const siteFiles: Readonly<Record<string, SiteFile>>;
