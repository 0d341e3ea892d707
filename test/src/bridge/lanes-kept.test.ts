// Lanes whose messages outlive the process: each start may have more or fewer of them, and may come in the midst of a
// change. Nothing is lost, nothing overtakes, and QoS 2 stays exactly once.
import t from 'tap';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import { Router } from '../../../src/router/router.ts';
import { Chance } from '../../kit/chance.ts';
import { type KeptProcess, KeptWorld } from '../../kit/kept-world.ts';
import { Arrivals, delayLines } from '../../kit/lane-world.ts';
import type { World } from '../../kit/world.ts';

const topics = Array.from({ length: 12 }, (_, index) => `up/${index}`);
const qosOf = (topic: string): 1 | 2 => (Number(topic.slice(3)) % 2 === 0 ? 1 : 2);
const device = new Origin('device', 'device');
const rules = { forwards: [{ localTopic: 'up/#', remoteTopic: '' }], subscriptions: [] } as const;
const backoff = { delayMsMin: 50, delayMsMax: 200, stableMs: 10_000 };

/** What a device publishes in several lives of its broker. */
class Publisher {
  /** Numbers that were acknowledged, by topic. */
  readonly acknowledged: Map<string, number[]> = new Map();
  readonly #sent = new Map<string, number>();

  publish(router: Router, topic: string): void {
    const number = (this.#sent.get(topic) ?? 0) + 1;
    this.#sent.set(topic, number);
    const parts = { topic, payload: Buffer.from(String(number)), qos: qosOf(topic), retain: false, origin: device };
    const accepted = (): void => {
      const before = this.acknowledged.get(topic) ?? [];
      this.acknowledged.set(topic, [...before, number]);
    };
    router.publish(new Message(parts), new Acceptance({ accepted }, 1));
  }
}

async function live({ router, bridge }: KeptProcess, { clock }: World, publisher: Publisher, chance: Chance) {
  for (let step = chance.int(1, 12); step > 0; step--) {
    for (let count = chance.int(0, 8); count > 0; count--) publisher.publish(router, chance.pick(topics));
    if (chance.isTrue(0.1)) bridge?.updateRules({ ...rules, laneCount: chance.int(1, 4) });
    await clock.advance(chance.int(1, 60));
  }
}

t.test('a bridge that lives in memory ends the sessions of lanes that it has no more', async (t) => {
  const kept = new KeptWorld();
  const { world } = kept;
  const remote = await world.openBroker({}, 9000, new Router());
  const bridge = { backoff, durability: 'memory', cleanStart: false } as const;
  for (const [laneCount, kind] of [
    [4, 'kill'],
    [2, 'power'],
    [3, 'kill'],
  ] as const) {
    const { bridge: own } = await kept.start({ crash: kind, bridge: { ...bridge, laneCount } });
    await world.clock.advance(20_000);
    t.equal(own?.status.lanes.length, laneCount);
    t.equal(remote.status.sessions, laneCount, `as many sessions as lanes: ${laneCount}`);
  }
  remote.destroy();
});

t.test('a bridge is killed again and again, and has other lanes at every start', async (t) => {
  for (let seed = 1; seed <= 6; seed++) {
    const chance = new Chance(seed);
    const kept = new KeptWorld();
    const { world } = kept;
    delayLines(world.net, () => chance.int(1, 40));
    const router = new Router();
    const remote = await world.openBroker({}, 9000, router);
    const arrivals = new Arrivals();
    arrivals.listen(router);
    const publisher = new Publisher();
    const begin = (): Promise<KeptProcess> => {
      const bridge = { backoff, laneCount: chance.int(1, 4), sendWindowMax: chance.int(1, 12) };
      return kept.start({ crash: chance.isTrue(0.5) ? 'power' : 'kill', bridge });
    };
    for (let life = 0; life < 8; life++) await live(await begin(), world, publisher, chance);
    const last = await begin();
    await world.clock.advance(60_000);
    t.equal(last.bridge?.status.queueDepth, 0, `seed ${seed}: all has left`);
    const fault = arrivals.fault(publisher.acknowledged, (topic) => qosOf(topic) === 2);
    t.equal(fault, undefined, `seed ${seed}`);
    t.match(last.bridge?.status, { lanesWanted: undefined, link: { state: 'connected' } });
    const { lanes = [] } = last.bridge?.status ?? {};
    const streams = last.journal.names.filter((name) => /^bridge\/[^:]*$/.test(name));
    t.equal(streams.length, lanes.length, `the queues of other layouts are gone: ${streams}`);
    t.equal(remote.status.connections, lanes.length, 'and so are their connections');
    last.bridge?.destroy();
    last.broker.destroy();
    remote.destroy();
    await last.journal.destroy();
  }
});
