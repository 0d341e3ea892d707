// EveryByte: an exchange of 200 packets, cut at every byte that either end of a line sends, at QoS 1 and 2 together,
// with either end as sender and as receiver. `--stride N` leaves out all but every Nth byte. With `--crash kill` or
// `--crash power` the edge, which keeps everything in a journal, goes down with the line, and goes on from there.
// `--lines client`, `bridge` or `all` (default) says which lines are cut:
//
//   client: pub0 -> edge -> sub0                        the line of either client
//   bridge: pub0 -> edge -> bridge -> remote -> far0    the line of the bridge, which carries
//           sub0 <- edge <- bridge <- remote <- boss    both ways at once, with one lane and with two
//
// Each round publishes 60 messages a way and cuts one byte later than the round before it, until a round needs no cut.
import { parseArgs } from 'node:util';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { plainPlan } from './later-draws.ts';
import { SimWorld } from './sim-world.ts';
import type { BridgePlan, DevicePlan, Plan } from './story.ts';

const { values } = parseArgs({
  options: {
    stride: { type: 'string', default: '1' },
    crash: { type: 'string' },
    lines: { type: 'string', default: 'all' },
  },
});
const crash = values.crash === 'kill' || values.crash === 'power' ? values.crash : undefined;

/** A round has 20 messages of QoS 1 (40 packets) and 40 of QoS 2 (160 packets) each way. */
const sizes = { qos1: Array.from({ length: 20 }, () => 0), qos2: Array.from({ length: 40 }, () => 0) };

/** One line that is cut. */
interface Case {
  readonly version: ProtocolVersion;
  readonly between: readonly [string, string];
  /** Which of the two the bytes go to that are counted. */
  readonly side: 0 | 1;
  readonly lanes: number;
}

function planOf({ version, between, lanes }: Case): Plan {
  const usual = { version, keepAlive: 60, sendWindowMax: 1000, receiveMaximum: 1000, topicAliasMaximum: 0 };
  const device = (name: string, server: 'edge' | 'remote', ...filters: readonly string[]): DevicePlan => ({
    ...usual,
    name,
    server,
    filters,
    qos: 2,
  });
  const isBridged = between[1] === 'remote';
  const bridge: BridgePlan = { ...usual, name: 'main', from: 'up', to: 'fwd', subscribes: 'cmd/#' };
  const far = [device('far0', 'remote', 'fwd/#'), device('boss', 'remote')];
  return {
    devices: [device('pub0', 'edge'), device('sub0', 'edge', 'up/#', 'cmd/#'), ...(isBridged ? far : [])],
    bridges: isBridged ? [bridge] : [],
    remote: 'viaduct',
    receiveMaximum: 1000,
    queueCountMax: 10_000,
    overflow: 'oldest',
    mayCrash: crash !== undefined,
    durability: crash === undefined ? 'memory' : 'synced',
    ...plainPlan,
    bridgeOverflow: 'oldest',
    lanes,
    lanesMax: lanes,
  };
}

/** The edge goes down, and starts again from its journal. */
async function restart(world: SimWorld, kind: 'kill' | 'power'): Promise<void> {
  world.crash('edge', kind);
  await world.clock.advance(20);
  world.startAgain('edge');
  await world.until(() => world.brokers.get('edge')?.isReady === true, 10_000, 10);
}

function publish(world: SimWorld): void {
  for (const [name, level] of [
    ['pub0', 'up'],
    ['boss', 'cmd'],
  ] as const) {
    const device = world.devices.get(name);
    device?.publish(`${level}/${name}/1`, 1, sizes.qos1);
    device?.publish(`${level}/${name}/2`, 2, sizes.qos2);
  }
}

/** Cuts what comes to one side of a line, byte after byte. Returns what went wrong, and how many cuts. */
async function sweep(
  one: Case,
  stride: number,
): Promise<{ readonly faults: readonly string[]; readonly cuts: number }> {
  const world = new SimWorld({ seed: 1, plan: planOf(one), events: [] });
  await world.prepare();
  let cuts = 0;
  for (let offset = 0; world.faults.length === 0; offset += stride) {
    const lines = world.net.linesBetween(...one.between);
    for (const line of lines) line.cutAfter(one.side, offset);
    publish(world);
    const isCut = (): boolean => lines.some((line) => line.isOver);
    if (crash !== undefined && (await world.until(isCut, 500, 1))) await restart(world, crash);
    const isAtRest = await world.until(() => world.isAtRest, 60_000, 100);
    if (!isAtRest) world.fault(`no rest after a cut at byte ${offset}`);
    world.check();
    if (!isCut()) break;
    cuts++;
  }
  for (const missing of world.ledger.missing()) world.fault(missing);
  for (const pending of world.ledger.pending()) world.fault(`${pending} is not settled`);
  return { faults: world.faults, cuts };
}

const clientLines = [
  ['pub0', 'edge'],
  ['sub0', 'edge'],
] as const;
const uplink = ['edge', 'remote'] as const;

function casesOf(lines: string): readonly Case[] {
  const versions = [ProtocolVersion.v5, ProtocolVersion.v311];
  const sides = [0, 1] as const;
  const both = (between: readonly [string, string], lanes: number): readonly Case[] =>
    versions.flatMap((version) => sides.map((side) => ({ version, between, side, lanes })));
  return [
    ...(lines === 'bridge' ? [] : clientLines.flatMap((between) => both(between, 1))),
    ...(lines === 'client' ? [] : [1, 2].flatMap((lanes) => both(uplink, lanes))),
  ];
}

const stride = Number(values.stride);
const results: boolean[] = [];
for (const one of casesOf(values.lines)) {
  const { faults, cuts } = await sweep(one, stride);
  const { version, between, side, lanes } = one;
  const line = `version ${version}, ${between.join(' to ')}${lanes > 1 ? `, ${lanes} lanes` : ''}`;
  console.log(`${line}, towards ${between[side]}: ${cuts} cuts`);
  for (const fault of faults) console.log(`  ${fault}`);
  results.push(faults.length === 0 && cuts >= 150 / stride);
}
process.exit(results.every((isFine) => isFine) ? 0 : 1);
