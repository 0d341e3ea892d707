// IdleKeys: keys of bridges and rules that bound or shape what another key switches on. Without that one they do
// nothing, which a note says: whoever wrote them expected something.
//
// A table without state. What can never be meant is an error of the schema instead.
import type { HoconObject } from './hocon-node.ts';
import { textOfScalar } from './hocon-references.ts';

/** Keys that need others beside them. */
export interface IdleKeys {
  readonly path: RegExp;
  readonly text: string;
  /** Whether they do nothing beside the other keys of their object. */
  isIdle(parent: HoconObject): boolean;
}

const bridge = '^bridges\\.mqtt\\.[^.]+\\.';
const rule = `${bridge}(forwards|subscription)\\.`;

/** All of them. */
export const idleKeys: readonly IdleKeys[] = [
  {
    path: new RegExp(`${bridge}transparent_(filters|linger|max_filters)$`),
    text: 'not used: transparent is off',
    isIdle: (parent) => !isOn(parent, 'transparent'),
  },
  {
    path: new RegExp(`${bridge}hybrid_(order|shared_session)$`),
    text: 'not used: hybrid_bridging is off',
    isIdle: (parent) => !isOn(parent, 'hybrid_bridging'),
  },
  {
    path: new RegExp(`${bridge}failback$`),
    text: 'not used: there is one server, without hybrid_bridging and srv',
    isIdle: (parent) => !isOn(parent, 'hybrid_bridging') && !isOn(parent, 'srv'),
  },
  {
    path: new RegExp(`${bridge}loop_(property|hops)$`),
    text: 'not used: loop_guard is off',
    isIdle: (parent) => textAt(parent, 'loop_guard') === 'off',
  },
  {
    path: new RegExp(`${bridge}(notification_topic|notifications_local_only)$`),
    text: 'not used: notifications is off',
    isIdle: (parent) => isOff(parent, 'notifications'),
  },
  {
    path: new RegExp(`${bridge}password_timeout$`),
    text: 'not used: there is no password_command',
    isIdle: ({ entries }) => !entries.has('password_command'),
  },
  {
    path: new RegExp(`${bridge}token_renew_before$`),
    text: 'not used: only a password_file or a password_command can have a token that is renewed',
    isIdle: ({ entries }) => !entries.has('password_file') && !entries.has('password_command'),
  },
  {
    path: new RegExp(`${bridge}trace\\.sample$`),
    text: 'not used: start is off, so no trace begins here',
    isIdle: (parent) => !isOn(parent, 'start'),
  },
  {
    path: new RegExp(`${rule}change_only_max_age$`),
    text: 'not used: change_only is off',
    isIdle: (parent) => !isOn(parent, 'change_only'),
  },
];

function isOn(object: HoconObject, key: string): boolean {
  return /^(true|on|yes|1)$/i.test(textAt(object, key));
}

function isOff(object: HoconObject, key: string): boolean {
  return /^(false|off|no|0)$/i.test(textAt(object, key));
}

function textAt({ entries }: HoconObject, key: string): string {
  const value = entries.get(key)?.value;
  return value?.kind === 'scalar' ? textOfScalar(value) : '';
}
