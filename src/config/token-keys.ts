// TokenKeys of a configuration: the keys by which tokens are known, from the configuration and the files
// that it names. They are tried out when the configuration is loaded, so that a wrong one is told with
// its place, not when the first device comes.
import { messageOf } from '../base/errors.ts';
import { type TokenKeyOptions, TokenKeys } from '../secrets/web-token.ts';
import type { TokenConfig } from './config-types.ts';

/** The keys, with the texts of their files. */
export function tokenKeysOf(token: TokenConfig, pems: ReadonlyMap<string, string>): TokenKeyOptions {
  const { algorithm, secret, publicKeyFile = '', keySetFile = '' } = token;
  const publicKey = pems.get(publicKeyFile);
  const keySet = pems.get(keySetFile);
  return {
    algorithm,
    ...(secret === undefined ? {} : { secret }),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(keySet === undefined ? {} : { keySet }),
  };
}

/** What is wrong with the keys; undefined when they can be used. */
export function tokenFaultOf(token: TokenConfig | undefined, pems: ReadonlyMap<string, string>): string | undefined {
  if (token === undefined) return undefined;
  try {
    new TokenKeys(tokenKeysOf(token, pems));
    return undefined;
  } catch (error) {
    return `expected keys that can be used: ${messageOf(error)}`;
  }
}
