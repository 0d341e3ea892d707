// OptionChange: what it takes that a bridge which runs has other options. Rules are exchanged under way; deadlines and
// back-off are read when they are used; for what the remote is told at CONNECT the link is made anew, with queue and
// sessions as they are; everything else needs a bridge that is opened anew. Pure, but for `adopt`.
//
//   rules < live < link < all: the greatest of what the changed options need
import { describeRemote } from '../base/remote-address.ts';
import type { BridgeOptions, RemoteOptions } from './bridge-options.ts';
import { strictestOf } from './forward-storage.ts';

/** What a change needs. */
export type OptionChange = 'none' | 'rules' | 'live' | 'link' | 'all';

/** What can be changed of a bridge without its connection noticing. */
export type RuleChange = Pick<BridgeOptions, 'forwards' | 'subscriptions'> &
  Partial<Pick<BridgeOptions, 'laneCount' | 'transparent'>>;

const ofRules: ReadonlySet<string> = new Set(['forwards', 'subscriptions', 'transparent', 'laneCount']);
const whenUsed: ReadonlySet<string> = new Set([
  'acknowledgeTimeoutMs',
  'answerTimeoutMs',
  'backoff',
  'blockedCountMax',
  'connectTimeoutMs',
  'endToEndMsMax',
  'failbackMs',
  'isSteppingDown',
  'linkRefusals',
  'remoteOrder',
  'renewBeforeMs',
]);
const ofLink: ReadonlySet<string> = new Set([
  'authentication',
  'backups',
  'cleanStart',
  'clientId',
  'isBridgeBitSet',
  'isNoDelay',
  'keepAlive',
  'localAddress',
  'localInterface',
  'maximumPacketSize',
  'password',
  'passwordCommand',
  'passwordFile',
  'properties',
  'remote',
  'subscribeProperties',
  'tcpKeepAliveMs',
  'username',
  'version',
  'will',
]);

/** What it takes to go from one set of options to another. `isStored`: sessions stand in the journal. */
export function changeOf(before: BridgeOptions, after: BridgeOptions, isStored: boolean): OptionChange {
  const [old, fresh] = [entriesOf(before), entriesOf(after)];
  const keys = new Set([...old.keys(), ...fresh.keys()]);
  const changed = [...keys].filter((key) => old.get(key) !== fresh.get(key));
  if (strictestOf(before) !== strictestOf(after)) return 'all'; // flows are kept otherwise, or the queue is
  if (changed.some((key) => !ofRules.has(key) && !whenUsed.has(key) && !ofLink.has(key))) return 'all';
  if (!changed.some((key) => ofLink.has(key))) {
    if (changed.some((key) => whenUsed.has(key))) return 'live';
    return changed.length === 0 ? 'none' : 'rules';
  }
  // the names of stored flows are those of the servers, and lanes share by the client id
  const isSame = sessionsOf(before) === sessionsOf(after);
  const mayMove = !isStored && before.laneCount === 1 && after.laneCount === 1;
  return isSame || mayMove ? 'link' : 'all';
}

/** Options that everybody looks at become these: one object, read at the moment of use. */
export function adopt(options: BridgeOptions, fresh: BridgeOptions): void {
  const gone = Object.keys(options).filter((key) => !(key in fresh));
  Object.assign(options, Object.fromEntries(gone.map((key) => [key, undefined])), fresh);
}

function entriesOf(options: BridgeOptions): ReadonlyMap<string, string> {
  const known = Object.entries(options).filter(([key, value]) => value !== undefined && key !== 'hasSessionState');
  return new Map(known.map(([key, value]) => [key, JSON.stringify(value)]));
}

/** Which sessions there are: at which servers, under which client ids. */
function sessionsOf({ remote, backups, clientId }: BridgeOptions): string {
  const nameOf = (server: RemoteOptions): string => `${describeRemote(server)} ${server.clientId ?? clientId}`;
  return [remote, ...backups].map(nameOf).join();
}
