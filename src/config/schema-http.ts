// The section `http_server`: where API and dashboard are served, under the key names of EMQX Edge. Its being there
// turns it on; it is bound to this machine alone unless it says otherwise. Ways of logging in that are not available
// are refused, not ignored: whoever asks for them relies on them.
import * as v from 'valibot';
import type { HttpServerConfig } from './config-types.ts';
import { present } from './present.ts';
import { duration, flag, type Kind, oneOf, section, size, switchedOff, text, texts, whole } from './schema-values.ts';

const ssl = section({
  enable: v.optional(flag, 'true'),
  certfile: text,
  keyfile: text,
  key_password: v.optional(text),
  cacertfile: v.optional(text),
  verify_peer: v.optional(flag, 'false'),
});

/** `http_server`; undefined when it is switched off. */
export const httpServerKind: Kind<HttpServerConfig | undefined> = v.pipe(
  section({
    enable: v.optional(flag, 'true'),
    ip_addr: v.optional(text, '127.0.0.1'),
    port: v.optional(whole(0, 65_535), '8081'),
    limit_conn: v.optional(whole(1, 10_000), '100'),
    max_body: v.optional(size('1KB', '64MB'), '1MB'),
    username: v.optional(text, 'admin'),
    password: v.optional(text),
    auth_type: v.optional(oneOf({ basic: 'basic' } as const), 'basic'),
    jwt: v.optional(switchedOff),
    hosts: v.optional(texts(text), []),
    metrics_key: v.optional(text),
    session_timeout: v.optional(duration('1m', '7d'), '30m'),
    ssl: v.optional(ssl),
  }),
  v.transform((raw) => {
    if (!raw.enable) return undefined;
    const tls =
      raw.ssl?.enable === true
        ? present({
            certificateFile: raw.ssl.certfile,
            keyFile: raw.ssl.keyfile,
            keyPassphrase: raw.ssl.key_password,
            authoritiesFile: raw.ssl.cacertfile,
            isPeerVerified: raw.ssl.verify_peer,
            isCertificateRequired: raw.ssl.verify_peer,
          })
        : undefined;
    return present({
      host: raw.ip_addr,
      port: raw.port,
      tls,
      connectionsMax: raw.limit_conn,
      bodyBytesMax: raw.max_body,
      username: raw.username,
      password: raw.password,
      hosts: raw.hosts,
      metricsKey: raw.metrics_key,
      sessionIdleMs: raw.session_timeout,
    });
  }),
);
