// EveryByte: an exchange of 200 packets between a client and the broker, cut at every byte that either end sends, at
// QoS 1 and 2 together, with the client as sender and as receiver. `--stride N` leaves out all but every Nth byte. With
// `--crash kill` or `--crash power` the broker, which keeps everything in a journal, goes down with the line, and goes
// on from there.
//
// Each round publishes 60 messages and cuts one byte later than the round before it, until a round needs no cut.
import { parseArgs } from 'node:util';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { SimBroker } from './sim-brokers.ts';
import { SimWorld } from './sim-world.ts';
import type { DevicePlan, Plan } from './story.ts';

const { values } = parseArgs({ options: { stride: { type: 'string', default: '1' }, crash: { type: 'string' } } });
const crash = values.crash === 'kill' || values.crash === 'power' ? values.crash : undefined;

/** A round has 20 messages of QoS 1 (40 packets) and 40 of QoS 2 (160 packets). */
const sizes = { qos1: Array.from({ length: 20 }, () => 0), qos2: Array.from({ length: 40 }, () => 0) };

function planOf(version: ProtocolVersion): Plan {
  const usual = { version, keepAlive: 60, sendWindowMax: 1000, receiveMaximum: 1000, topicAliasMaximum: 0 };
  const device = (name: string, ...filters: readonly string[]): DevicePlan => ({
    ...usual,
    name,
    server: 'edge',
    filters,
    qos: 2,
  });
  return {
    devices: [device('pub0'), device('sub0', 'up/#')],
    bridges: [],
    remote: 'viaduct',
    receiveMaximum: 1000,
    queueCountMax: 10_000,
    overflow: 'oldest',
    mayCrash: crash !== undefined,
    durability: crash === undefined ? 'memory' : 'synced',
    queueMemoryMax: 64 * 1024 * 1024,
  };
}

/** The broker goes down, and starts again from its journal. */
async function restart(world: SimWorld, kind: 'kill' | 'power'): Promise<void> {
  world.nodes.get('edge')?.crash(kind);
  await world.clock.advance(20);
  const broker = new SimBroker('edge', world.startNode('edge'), world.story);
  world.brokers.set('edge', broker);
  await world.until(() => broker.isReady, 10_000, 10);
}

/** Cuts what comes to one side of one client's line, byte after byte. Returns what went wrong, and how many cuts. */
async function sweep(
  version: ProtocolVersion,
  client: string,
  side: 0 | 1,
  stride: number,
): Promise<{ readonly faults: readonly string[]; readonly cuts: number }> {
  const plan = planOf(version);
  const world = new SimWorld({ seed: 1, plan, events: [] });
  await world.prepare();
  const publisher = world.devices.get('pub0');
  let cuts = 0;
  for (let offset = 0; world.faults.length === 0; offset += stride) {
    const [line] = world.net.linesBetween(client, 'edge');
    line?.cutAfter(side, offset);
    publisher?.publish('up/pub0/1', 1, sizes.qos1);
    publisher?.publish('up/pub0/2', 2, sizes.qos2);
    if (crash !== undefined && line && (await world.until(() => line.isOver, 500, 1))) {
      await restart(world, crash);
    }
    const isAtRest = await world.until(() => world.isAtRest, 60_000, 100);
    if (!isAtRest) world.fault(`no rest after a cut at byte ${offset}`);
    world.check();
    if (line && !line.isOver) break;
    cuts++;
  }
  for (const missing of world.ledger.missing()) world.fault(missing);
  return { faults: world.faults, cuts };
}

const stride = Number(values.stride);
const results: boolean[] = [];
const cases = [ProtocolVersion.v5, ProtocolVersion.v311].flatMap((version) =>
  ['pub0', 'sub0'].flatMap((client) => ([0, 1] as const).map((side) => ({ version, client, side }))),
);
for (const { version, client, side } of cases) {
  const { faults, cuts } = await sweep(version, client, side, stride);
  console.log(`version ${version}, ${client}, towards ${side === 0 ? 'it' : 'the broker'}: ${cuts} cuts`);
  for (const fault of faults) console.log(`  ${fault}`);
  results.push(faults.length === 0 && cuts >= 150 / stride);
}
process.exit(results.every((isFine) => isFine) ? 0 : 1);
