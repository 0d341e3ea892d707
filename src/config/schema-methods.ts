// The sections `auth.http_auth` and `auth.jwt`: a web server that decides, under the keys of EMQX Edge, and tokens that
// let in, under the keys of EMQX. Either is off with `enable = false`. Files are read with the configuration; here
// only their names are looked at.
import * as v from 'valibot';
import type { HttpAuthConfig, HttpQuestionConfig, TokenConfig } from './config-types.ts';
import { httpAuthDefaults as defaults, tokenDefaults } from './defaults.ts';
import { present } from './present.ts';
import { checkedText, duration, flag, type Kind, oneOf, section, text, textMap, whole } from './schema-values.ts';

const url: Kind<string> = checkedText((value) => {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    return 'is no address, as http://host:80/path';
  const { username, password } = new URL(value);
  return username === '' && password === '' ? undefined : 'holds a user name or a password; headers can carry them';
});

/** EMQX Edge writes the methods in small letters. */
const methods = oneOf({ get: 'GET', post: 'POST', GET: 'GET', POST: 'POST' } as const);

const question: Kind<HttpQuestionConfig> = v.pipe(
  section({
    url,
    method: v.optional(methods, 'post'),
    headers: v.optional(textMap, {}),
    params: v.optional(textMap, {}),
  }),
  v.transform((raw) => ({
    method: raw.method,
    url: raw.url,
    headers: Object.fromEntries(raw.headers),
    parameters: raw.params,
  })),
);

/** TLS to a web server. */
const clientTls = v.pipe(
  section({
    cacertfile: v.optional(text),
    certfile: v.optional(text),
    keyfile: v.optional(text),
    key_password: v.optional(text),
    verify_peer: v.optional(flag, 'true'),
  }),
  v.transform((raw) =>
    present({
      authoritiesFile: raw.cacertfile,
      certificateFile: raw.certfile,
      keyFile: raw.keyfile,
      keyPassphrase: raw.key_password,
      isPeerVerified: raw.verify_peer,
      isCertificateRequired: false,
    }),
  ),
);

/** `auth.http_auth`; undefined when it is switched off. */
export const httpAuth: Kind<HttpAuthConfig | undefined> = v.pipe(
  section({
    enable: v.optional(flag, 'true'),
    auth_req: v.optional(question),
    super_req: v.optional(question),
    acl_req: v.optional(question),
    timeout: v.optional(duration('100ms', '60s'), defaults.timeout),
    connect_timeout: v.optional(duration('100ms', '60s'), defaults.connect_timeout),
    pool_size: v.optional(whole(1, 1000), defaults.pool_size),
    cache_ttl: v.optional(duration('0s', '1h'), defaults.cache_ttl),
    on_failure: v.optional(oneOf({ deny: false, ignore: true }), 'deny'),
    ssl: v.optional(clientTls),
  }),
  v.transform((raw) => {
    if (!raw.enable) return undefined;
    return present({
      login: raw.auth_req,
      superuser: raw.super_req,
      topic: raw.acl_req,
      timeoutMs: raw.timeout,
      connectTimeoutMs: raw.connect_timeout,
      connectionsMax: raw.pool_size,
      ttlMs: raw.cache_ttl,
      isFailureIgnored: raw.on_failure,
      tls: raw.ssl,
    });
  }),
);

const tokenKeys = section({
  enable: v.optional(flag, 'true'),
  algorithm: oneOf({ HS256: 'HS256', RS256: 'RS256', ES256: 'ES256' } as const),
  secret: v.optional(text),
  public_key: v.optional(text),
  jwks_file: v.optional(text),
  from: v.optional(oneOf({ password: 'password', username: 'username' } as const), tokenDefaults.from),
  leeway: v.optional(duration('0s', '1h'), tokenDefaults.leeway),
  require_exp: v.optional(flag, 'true'),
  issuer: v.optional(text),
  audience: v.optional(text),
  username_claim: v.optional(text),
  clientid_claim: v.optional(text),
  acl_claim_name: v.optional(text, tokenDefaults.acl_claim_name),
});

/** `auth.jwt`; undefined when it is switched off. */
export const tokens: Kind<TokenConfig | undefined> = v.pipe(
  tokenKeys,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || !dataset.value.enable) return;
    const { algorithm, secret, public_key, jwks_file } = dataset.value;
    const isSecret = algorithm === 'HS256';
    const files = [public_key, jwks_file].filter((one) => one !== undefined).length;
    if (isSecret && (secret === undefined || files > 0))
      addIssue({ message: 'HS256 needs a secret, and no other key' });
    if (!isSecret && (secret !== undefined || files !== 1)) {
      addIssue({ message: `${algorithm} needs either public_key or jwks_file, and no secret` });
    }
  }),
  v.transform((raw) => {
    if (!raw.enable) return undefined;
    return present({
      algorithm: raw.algorithm,
      secret: raw.secret,
      publicKeyFile: raw.public_key,
      keySetFile: raw.jwks_file,
      from: raw.from,
      leewayS: Math.round(raw.leeway / 1000),
      isExpiryRequired: raw.require_exp,
      issuer: raw.issuer,
      audience: raw.audience,
      usernameClaim: raw.username_claim,
      clientIdClaim: raw.clientid_claim,
      rulesClaim: raw.acl_claim_name,
    });
  }),
);
