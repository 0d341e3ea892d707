// StaticFiles: the dashboard's files over HTTP. They were gzipped when they were built and leave as they are; names
// with the hash of their content never change, so browsers keep them and ask only for the page itself. Bounded by the
// build; what it holds is read when the first page is asked for.
import { gunzipSync } from 'node:zlib';
import type { ServedAnswer, ServedRequest } from '../ports/http-server.ts';
import { HttpRefusal } from './http-refusal.ts';

/** A file, as the build of the dashboard makes it. */
export interface StaticFile {
  /** For `content-type`. */
  readonly type: string;
  readonly etag: string;
  /** Whether the name holds the hash of the content. */
  readonly isImmutable: boolean;
  /** Gzipped, in Base64. */
  readonly body: string;
}

/** Answers for the files of a site; undefined for paths that it does not have. */
export function staticFiles(
  load: () => Promise<Readonly<Record<string, StaticFile>>>,
): (request: ServedRequest) => Promise<ServedAnswer | undefined> {
  let site: Promise<Readonly<Record<string, StaticFile>>> | undefined;
  return async ({ method, path, headers }) => {
    site ??= load();
    const files = await site.catch(() => {
      throw new HttpRefusal('NOT_FOUND', 'this build has no dashboard: npm run dashboard makes it');
    });
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (file === undefined) return undefined;
    if (method !== 'GET' && method !== 'HEAD') throw new HttpRefusal('METHOD', 'files can only be read');
    const kept = {
      etag: file.etag,
      'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
    };
    if (headers['if-none-match'] === file.etag) return { status: 304, headers: kept, body: '' };
    const zipped = Buffer.from(file.body, 'base64');
    const isZipTaken = /\bgzip\b/.test(headers['accept-encoding'] ?? '');
    const encoding = isZipTaken ? { 'content-encoding': 'gzip' } : {};
    const body = isZipTaken ? zipped : gunzipSync(zipped);
    return { status: 200, headers: { ...kept, ...encoding, 'content-type': file.type }, body };
  };
}
