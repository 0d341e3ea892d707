// `npm run differential -- [--seeds N] [--from S]`: tells where our broker and mosquitto differ, and why. Exit code 1
// if a difference is not explained in `fixtures/differential.json`.
import { parseArgs } from 'node:util';
import { nodePorts } from '../../src/app/node-ports.ts';
import { Broker } from '../../src/broker/broker.ts';
import { Turn } from '../../src/link/turn.ts';
import { Router } from '../../src/router/router.ts';
import { brokerFault } from '../kit/books.ts';
import { fixtureJson } from '../kit/fixtures.ts';
import { Mosquitto } from '../kit/mosquitto.ts';
import { MemoryLog } from '../kit/world.ts';
import { differenceOf, explanationOf, type Knowledge } from './differential.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '200' }, from: { type: 'string', default: '1' } },
});
const { same, explained } = fixtureJson<Knowledge>('differential.json');
const mosquitto = await Mosquitto.start();
const ports = nodePorts();
const context = { ports, log: new MemoryLog(), router: new Router(), turn: new Turn(ports.clock) };
const broker = await Broker.open(context, {
  listeners: [{ name: 'main', host: '127.0.0.1', port: 0 }],
  systemTopicsIntervalMs: 0,
});
const counts = new Map<string, number>();
const unexplained: string[] = [];
const first = Number(values.from);
for (let seed = first; seed < first + Number(values.seeds); seed++) {
  const difference = await differenceOf(seed, { ours: broker.listeners[0]?.port ?? 0, theirs: mosquitto.port }, same);
  if (difference === undefined) continue;
  const why = explanationOf(difference, explained)?.why;
  if (why !== undefined) counts.set(why, (counts.get(why) ?? 0) + 1);
  else {
    const { before, packet, ours, theirs } = difference;
    unexplained.push([`seed ${seed}`, ...before, packet, `ours:   ${ours}`, `theirs: ${theirs}`].join('\n  '));
  }
}
const fault = brokerFault(broker.status);
if (fault !== undefined) unexplained.push(fault);
for (const [why, count] of counts) console.log(`${String(count).padStart(4)}  ${why}`);
for (const text of unexplained) console.log(`\nnot explained: ${text}`);
console.log(`differential: ${values.seeds} conversations, ${unexplained.length} differences that are not explained`);
await mosquitto.stop();
await broker.close({ timeoutMs: 1000 });
process.exit(unexplained.length === 0 ? 0 : 1);
