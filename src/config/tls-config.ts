// TlsConfig: TLS of one side as a configuration has it: paths of files,
// whose texts come with the loaded configuration, and what is asked of
// the peer.

/** TLS of one side. Files are paths from the working directory; their texts come with the loaded configuration. */
export interface TlsConfig {
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly keyPassphrase?: string;
  readonly authoritiesFile?: string;
  /** The peer's certificate is checked. Default true for a bridge, false for a listener. */
  readonly isPeerVerified: boolean;
  /** A listener refuses devices without a certificate. Default false; nothing to a bridge. */
  readonly isCertificateRequired: boolean;
  /** The name asked for and checked; default the host. */
  readonly serverName?: string;
  readonly revocationsFile?: string;
  readonly versionMin?: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
  readonly alpnProtocols?: readonly string[];
  /** Of a bridge: the SHA-256 that the remote's certificate must have. */
  readonly fingerprint?: string;
  /** Of a bridge: whether what the remote's authority says of its certificate (OCSP) is asked for. */
  readonly ocsp?: 'check' | 'require';
  /** Of a bridge: a key that both sides know, in hexadecimal. */
  readonly preSharedKey?: { readonly identity: string; readonly key: string };
  /** Certificates for names that devices ask for. */
  readonly namedCertificates?: readonly NamedCertificateConfig[];
}

/** A certificate for one name. */
export interface NamedCertificateConfig {
  readonly serverName: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly keyPassphrase?: string;
}
