// FinalCheck: what must hold when a world has come to rest. No promise is broken, the books balance, retained messages
// are the latest ones, wills come from those who vanish and from nobody else, and when everything is closed no timer is
// set and no line is open.
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { Client } from '../../src/client/client.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { VirtualClock } from '../kit/virtual-clock.ts';
import type { Ledger } from './ledger.ts';
import type { SimBroker } from './sim-brokers.ts';
import type { SimDevice } from './sim-device.ts';
import type { SimLine } from './sim-line.ts';
import type { SimNode } from './sim-node.ts';
import type { Plan, Story } from './story.ts';

/** The world as far as it is looked at in the end. */
export interface RestingWorld {
  readonly clock: VirtualClock;
  readonly ledger: Ledger;
  readonly nodes: ReadonlyMap<string, SimNode>;
  readonly devices: ReadonlyMap<string, SimDevice>;
  readonly brokers: ReadonlyMap<string, SimBroker>;
  readonly qos0Sent: ReadonlyMap<string, number>;
  readonly net: { readonly open: ReadonlySet<SimLine> };
  readonly dropped: number;
  /** Bits of journals that turned over: each may cost a record, whatever that held. */
  readonly flips: number;
  readonly story: Story;
  clientsOf(name: string): number;
  startNode(name: string): Ports;
  fault(text: string): void;
  check(): boolean;
}

/** Looks at everything. */
export async function finalCheck(world: RestingWorld): Promise<void> {
  checkPromises(world);
  checkBooks(world);
  await checkReplay(world);
  checkKept(world);
  await checkRetainedAndWills(world);
  await checkClosing(world);
  world.check();
}

function checkPromises(world: RestingWorld): void {
  const { ledger, dropped, flips } = world;
  const pending = ledger.pending();
  if (pending.length > 0) world.fault(`${pending.length} messages are not settled: ${pending.slice(0, 3).join()}`);
  const missing = ledger.missing();
  if (missing.length > dropped + flips) {
    const some = missing.slice(0, 3).join(', ');
    world.fault(`${missing.length} messages were lost, of which ${dropped} were counted as dropped: ${some}`);
  }
  // a full queue drops the first copy of a message and has room for the second: that one comes behind those between
  const { late } = ledger;
  if (late.size > dropped) {
    world.fault(`${late.size} messages came late, and ${dropped} were dropped: ${[...late].slice(0, 3).join(', ')}`);
  }
}

function checkBooks(world: RestingWorld): void {
  for (const [name, broker] of world.brokers) {
    const isFirst = world.nodes.get(name)?.generation === 1;
    const fault = world.flips > 0 ? undefined : broker.booksFault(world.qos0Sent.get(name) ?? 0, isFirst);
    if (fault !== undefined) world.fault(fault);
    const wanted = world.clientsOf(name);
    const { connections = 0, sessions = 0 } = broker.broker?.status ?? {};
    if (connections !== wanted || sessions !== wanted) {
      world.fault(`${name} has ${connections} connections and ${sessions} sessions of ${wanted} clients`);
    }
  }
}

/** How many subscriptions a broker has from its clients, bridges among them. */
function subscriptionsOf({ devices, bridges }: Plan, name: string): number {
  const own = devices.filter(({ server }) => server === name).flatMap(({ filters }) => filters);
  const asked = name === 'remote' ? bridges.filter(({ subscribes }) => subscribes !== '') : [];
  return own.length + asked.length;
}

/** What is on the disk is what is in memory; where a bit turned over it says something else, and that was told. */
async function checkReplay(world: RestingWorld): Promise<void> {
  if (world.flips > 0) return;
  for (const [name, broker] of world.brokers) {
    let said: string | undefined = `the journal of ${name} is not read within a minute`;
    void broker.replayFault(subscriptionsOf(world.story.plan, name)).then((fault) => {
      said = fault;
    });
    await world.clock.advance(60_000);
    if (said !== undefined) world.fault(said);
  }
}

/** What the edge retains below `kept` the remote retains, and no more, if none was dropped; QoS 0 may get lost. */
function checkKept(world: RestingWorld): void {
  const [edge, remote] = [world.brokers.get('edge'), world.brokers.get('remote')];
  const isPromised = world.story.plan.isRetainedForwarded && world.flips === 0 && world.dropped === 0;
  if (!isPromised || edge === undefined || remote === undefined) return;
  const [here, there] = [edge, remote].map((broker) => broker.retained('kept/#').filter((one) => !isAtMostOnce(one)));
  if (here?.join() !== there?.join()) world.fault(`the edge retains ${here?.join()}, the remote ${there?.join()}`);
}

/** See `laterOf`: such topics end in 0. */
function isAtMostOnce(retained: string): boolean {
  return /^kept\/\w+\/0 /.test(retained);
}

async function checkRetainedAndWills(world: RestingWorld): Promise<void> {
  const wills = await listen(world, 'watcher', 'will/#');
  const publishers = [...world.devices.values()].filter(({ plan }) => plan.filters.length === 0);
  for (const { plan, retain } of publishers.map((device) => ({
    plan: device.plan,
    retain: device.retain.bind(device),
  }))) {
    for (const qos of [1, 0] as const) {
      void retain(`state/${plan.name}`, `qos ${qos} of ${plan.name}`, qos);
      await world.clock.advance(8000);
    }
  }
  for (const server of world.brokers.keys()) {
    const states = await listen(world, `late-${server}`, 'state/#', server);
    const wanted = publishers.filter(({ plan }) => plan.server === server).map(({ plan }) => `qos 0 of ${plan.name}`);
    const got = states.map(({ text, retain }) => (retain ? text : `${text}, not retained`)).sort();
    if (got.join() !== wanted.sort().join())
      world.fault(`retained at ${server}: ${got.join()}; wanted: ${wanted.join()}`);
  }
  const [victim, ...others] = [...world.devices.values()].filter(({ plan }) => plan.server === 'edge');
  for (const other of others) void other.close();
  await world.clock.advance(8000);
  victim?.destroy();
  await world.clock.advance(8000);
  const got = wills.map(({ text }) => text).join();
  if (got !== victim?.plan.name)
    world.fault(`wills came from ${got || 'nobody'}; only ${victim?.plan.name} has vanished`);
}

async function checkClosing(world: RestingWorld): Promise<void> {
  for (const device of world.devices.values()) void device.close();
  await world.clock.advance(10_000);
  for (const { broker, bridges } of world.brokers.values()) {
    for (const bridge of bridges) void bridge.close({ timeoutMs: 2000 });
    void broker?.close({ timeoutMs: 2000 });
  }
  await world.clock.advance(60_000);
  for (const broker of world.brokers.values()) void broker.closeJournal();
  await world.clock.advance(10_000);
  for (const name of ['edge', 'remote']) {
    const timers = world.nodes.get(name)?.timerCount ?? 0;
    if (timers > 0) world.fault(`${timers} timers are left on ${name}, where everything is closed`);
  }
  // a strict server has no keep-alive
  const lines = [...world.net.open].filter(({ ends, nodes }) =>
    ends.some(({ isClosed }, side) => !isClosed && (nodes[side] !== 'remote' || world.brokers.has('remote'))),
  );
  if (lines.length > 0) world.fault(`${lines.length} lines are open, and everything is closed`);
}

interface Heard {
  readonly text: string;
  readonly retain: boolean;
}

async function listen(world: RestingWorld, name: string, filter: string, server = 'edge'): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  const options = { clientId: name, version: ProtocolVersion.v311, isPatient: true };
  void Client.connect(`mqtt://${server}:1883`, options, { ports: world.startNode(name) }).then((client) =>
    client.subscribe(filter, { qos: 1 }, ({ text, retain }) => void heard.push({ text, retain })),
  );
  await world.clock.advance(8000);
  return heard;
}
