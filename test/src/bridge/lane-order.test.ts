// The key that keeps messages in order changes while messages wait: what came before the change arrives before what
// comes after it, whatever happens to lanes, lines and processes; and within each time the key of that time counts.
import t from 'tap';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import { Router } from '../../../src/router/router.ts';
import { Chance } from '../../kit/chance.ts';
import { type KeptProcess, KeptWorld } from '../../kit/kept-world.ts';
import { delayLines, LaneWorld } from '../../kit/lane-world.ts';
import type { World } from '../../kit/world.ts';

const device = new Origin('device', 'device');
const orders = ['topic', '$1'] as const;
type Order = (typeof orders)[number];
const backoff = { delayMsMin: 50, delayMsMax: 200, stableMs: 10_000 };

const rulesOf = (laneOrder: Order) => ({
  forwards: [{ localTopic: 'up/+/+', remoteTopic: '', laneOrder }],
  subscriptions: [],
});

/** Messages of three lines with eight topics each, and what came of them. */
class Lines {
  readonly sent: string[] = [];
  readonly came: string[] = [];
  order: Order = 'topic';
  #times = 0;
  #number = 0;

  listen(router: Router): void {
    const deliver = ({ topic, payload }: Message): void => void this.came.push(`${topic} ${payload.toString()}`);
    const listener = { origin: new Origin('application', 'lines'), isReady: true, deliver };
    router.subscribe(listener, 'up/#', { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 });
  }

  change(): Order {
    this.order = this.order === 'topic' ? '$1' : 'topic';
    this.#times++;
    return this.order;
  }

  publish(router: Router, chance: Chance): void {
    const topic = `up/${chance.int(1, 3)}/${chance.int(1, 8)}`;
    const text = `${this.#times} ${this.order} ${++this.#number}`;
    const parts = { topic, payload: Buffer.from(text), qos: 2, retain: false, origin: device } as const;
    router.publish(new Message(parts), new Acceptance({ accepted: () => void this.sent.push(`${topic} ${text}`) }, 1));
  }

  /** What is wrong with what came. */
  get fault(): string | undefined {
    const last = new Map<string, readonly number[]>();
    for (const one of this.came) {
      const [topic = '', times = '', order = '', number = ''] = one.split(' ');
      const line = topic.slice(0, 4);
      const [time, at] = [Number(times), Number(number)];
      const [lastTime = 0] = last.get(line) ?? [];
      if (time < lastTime) return `${one} came after ${lastTime} of its line`;
      last.set(line, [time]);
      const key = `${time} ${order === 'topic' ? topic : line}`;
      const [before = 0] = last.get(key) ?? [];
      if (at <= before) return `${one} came after ${before}`;
      last.set(key, [at]);
    }
    const lost = this.sent.filter((one) => !this.came.includes(one));
    return lost.length > 0 ? `lost: ${lost.join(', ')}` : undefined;
  }
}

async function drained({ clock }: World, depth: () => number): Promise<void> {
  for (let second = 0; second < 200 && depth() > 0; second++) await clock.advance(1000);
}

async function live({ router, bridge }: KeptProcess, { clock }: World, lines: Lines, chance: Chance): Promise<void> {
  for (let step = chance.int(1, 8); step > 0; step--) {
    for (let count = chance.int(0, 30); count > 0; count--) lines.publish(router, chance);
    if (chance.isTrue(0.2)) bridge?.updateRules(rulesOf(lines.change()));
    await clock.advance(chance.int(0, 50));
  }
}

t.test('while the bridge runs, and lanes come and go beside it', async (t) => {
  for (let seed = 1; seed <= 4; seed++) {
    const chance = new Chance(seed);
    const lanes = new LaneWorld();
    const { world } = lanes;
    delayLines(world.net, () => chance.int(1, 60));
    await lanes.open();
    const lines = new Lines();
    lines.listen(lanes.remoteRouter);
    const bridge = lanes.bridge({ ...rulesOf('topic'), laneCount: chance.int(1, 4), sendWindowMax: chance.int(1, 8) });
    for (let step = 0; step < 60; step++) {
      for (let count = chance.int(0, 12); count > 0; count--) lines.publish(world.router, chance);
      if (chance.isTrue(0.1)) bridge.updateRules(rulesOf(lines.change()));
      if (chance.isTrue(0.1)) bridge.updateRules({ ...rulesOf(lines.order), laneCount: chance.int(1, 5) });
      if (chance.isTrue(0.05)) world.net.cut();
      await world.clock.advance(chance.int(1, 60));
    }
    await drained(world, () => bridge.status.queueDepth);
    t.match(bridge.status, { queueDepth: 0, link: { state: 'connected' } }, `seed ${seed}: all has left`);
    t.equal(lines.fault, undefined, `seed ${seed}`);
    await world.clock.advance(70_000);
    t.equal(bridge.status.lanesWanted, undefined, 'and the lanes are as many as were wanted');
    bridge.destroy();
    lanes.remote?.destroy();
  }
});

t.test('over restarts, kills and power cuts, in the midst of moves too', async (t) => {
  for (let seed = 1; seed <= 4; seed++) {
    const chance = new Chance(seed);
    const kept = new KeptWorld();
    const { world } = kept;
    delayLines(world.net, () => chance.int(1, 40));
    const router = new Router();
    const remote = await world.openBroker({}, 9000, router);
    const lines = new Lines();
    lines.listen(router);
    const begin = (laneCount: number) => {
      if (chance.isTrue(0.5)) lines.change();
      const bridge = { backoff, laneCount, sendWindowMax: chance.int(1, 8), ...rulesOf(lines.order) };
      return kept.start({ crash: chance.isTrue(0.5) ? 'power' : 'kill', bridge });
    };
    for (let life = 0; life < 8; life++) await live(await begin(chance.int(1, 4)), world, lines, chance);
    const last = await begin(3);
    await drained(world, () => last.bridge?.status.queueDepth ?? 0);
    t.equal(last.bridge?.status.queueDepth, 0, `seed ${seed}: all has left`);
    t.equal(lines.fault, undefined, `seed ${seed}`);
    last.bridge?.destroy();
    last.broker.destroy();
    remote.destroy();
    await last.journal.destroy();
  }
});

t.test('a lane that never comes up holds the others back for a minute, and not longer', async (t) => {
  const lanes = new LaneWorld();
  const { world } = lanes;
  await lanes.open();
  // there and back takes longer than the line of the second lane lasts
  delayLines(world.net, () => 60);
  const lines = new Lines();
  lines.listen(lanes.remoteRouter);
  const chance = new Chance(1);
  world.net.isDown = true;
  const bridge = lanes.bridge({ ...rulesOf('topic'), laneCount: 4 });
  for (let count = 0; count < 40; count++) lines.publish(world.router, chance);
  bridge.updateRules(rulesOf(lines.change()));
  for (let count = 0; count < 40; count++) lines.publish(world.router, chance);
  world.net.isDown = false;
  const keepDown = async (seconds: number): Promise<void> => {
    for (let tick = 0; tick < seconds * 10; tick++) {
      lanes.lineOf('edge-2')?.destroy();
      await world.clock.advance(100);
    }
  };
  await keepDown(20);
  const before = lines.came.length;
  t.ok(before > 0 && lines.came.every((one) => one.includes(' 0 topic ')), 'only what came before has arrived');
  await keepDown(60);
  t.ok(lines.came.length > before + 20, 'then others go on');
  t.ok(
    world.log.lines.some((line) => line.includes('lane_order changed')),
    'and that is told',
  );
  bridge.destroy();
  lanes.remote?.destroy();
});
