// RightsManager: devices that log in with a password, and who may what. Users and rules are parts of the configuration:
// a change of them is a change of it, with its checks, its history and its way back. Passwords are hashed here, before
// they go anywhere.
// Bounded by the configuration.
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { firstCover, firstMatch, type Identity } from '../../access/acl.ts';
import { isTree, patchAt, valueAt } from '../../config/config-tree.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { AclReply, AclTestReply, AclTestRequest, MqttUserView } from '../../http/api-broker-types.ts';
import type { ConfigValue } from '../../http/api-config-types.ts';
import type { RightsManagement } from '../../http/management.ts';
import type { Random } from '../../ports/ports.ts';
import { scryptTextOf } from '../../secrets/password-hash.ts';
import { SlowHash } from '../../secrets/slow-hash.ts';

const passwordPath = ['auth', 'password'];

/** Looks after rights. */
export class RightsManager implements RightsManagement {
  readonly #loaded: () => LoadedConfig;
  readonly #random: Random;
  readonly #slowHash = new SlowHash({ waitingMax: 50 });

  constructor(loaded: () => LoadedConfig, random: Random) {
    this.#loaded = loaded;
    this.#random = random;
  }

  /** See `RightsManagement`. */
  mqttUsers(): readonly MqttUserView[] {
    const { config, trees } = this.#loaded();
    const { users, superusers } = config.auth;
    return users.map(({ username }) => ({
      username,
      isSuperuser: superusers.includes(username),
      isEditable: valueAt(trees?.written, [...passwordPath, username]) !== undefined,
    }));
  }

  /** See `RightsManagement`. */
  async changesForUser(username: string, password: string | undefined): Promise<unknown> {
    if (password === undefined) return patchAt([...passwordPath, username], null);
    const hash = await scryptTextOf(bytesOfText(password), this.#random.bytes(16), this.#slowHash);
    return patchAt([...passwordPath, username], hash);
  }

  /** See `RightsManagement`. */
  acl(): AclReply {
    const { trees, config } = this.#loaded();
    const rules = valueAt(trees?.written, ['auth', 'acl', 'rules']);
    return {
      rules: Array.isArray(rules) ? (rules as readonly ConfigValue[]) : [], // as: a tree has nothing else
      noMatch: config.auth.isAllowedWithoutMatch ? 'allow' : 'deny',
    };
  }

  /** See `RightsManagement`. */
  changesForAcl(rules: readonly unknown[], noMatch: 'allow' | 'deny' | undefined): unknown {
    const acl = { rules: rules.map(withTexts) };
    return { auth: { acl, ...(noMatch === undefined ? {} : { no_match: noMatch }) } };
  }

  /** See `RightsManagement`. */
  test({ clientId, username, address = '', action, topic }: AclTestRequest): AclTestReply {
    const { rules, superusers, isAllowedWithoutMatch, http } = this.#loaded().config.auth;
    const identity: Identity = { clientId, username, address };
    if (username !== undefined && superusers.includes(username)) {
      return { isAllowed: true, why: 'a superuser, if logged in with a password: the rules do not apply' };
    }
    const says = (some: typeof rules): boolean | undefined =>
      action === 'publish' ? firstMatch(some, identity, 'publish', topic) : firstCover(some, identity, topic).isAllowed;
    const isAllowed = says(rules);
    const rule = rules.findIndex((one) => says([one]) !== undefined);
    if (isAllowed === undefined) {
      const others = http?.topic === undefined ? '' : '; the web server of http_auth is asked before that';
      return { isAllowed: isAllowedWithoutMatch, why: `no rule matches: auth.no_match decides${others}` };
    }
    const isPart = action === 'subscribe' && isAllowed && firstCover(rules, identity, topic).isWithheld !== undefined;
    const but = isPart ? ', but rules before it deny parts of it, whose messages do not come' : '';
    return { isAllowed, rule, why: `rule ${rule} is the first that matches${but}` };
  }
}

/** Numbers and truth values as the configuration writes them. */
function withTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTexts);
  if (!isTree(value)) return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withTexts(one)]));
}
