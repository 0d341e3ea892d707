// FrontTable: the table on the first page of the project, of scenarios that tell most. A row names the scenarios that
// it shows, one number for each; a row of which only some scenarios were played stays as it is in the file. What is
// around the two marks is for people to write. Bounded by the rows named here.
import { shown } from './statistics.ts';

const [begin, end] = ['<!-- front table of npm run bench -->', '<!-- end of the front table -->'];
const head = '| | Viaduct | Mosquitto | times less |\n|---|---:|---:|---:|';
const rows: readonly (readonly [title: string, ...scenarios: string[]])[] = [
  ['QoS 0, 64 B, one to one', 'q0'],
  ['QoS 0, 1,000 topics in rotation', 'q0_topics'],
  ['QoS 0, 16 KiB', 'q0_16k'],
  ['fan-out to 100, QoS 0 and QoS 1', 'fanout100', 'fanout100_q1'],
  ['QoS 1 and QoS 2, window 100', 'q1', 'q2'],
  ['3.1.1 to 5.0, and back', 'v4to5', 'v5to4'],
  ['through a bridge, QoS 0 and QoS 1', 'br_q0', 'br_q1'],
  ['one message at a time; 1,000 a second', 'ping50', 'lat_1k'],
];

/** What a scenario cost, in us of CPU a message, and how many times less ours was; not finite where not measured. */
export interface FrontNumbers {
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
}

/** A file with the numbers of a run in its front table. Throws if the marks are not there. */
export function withFrontTable(text: string, numbersOf: (scenario: string) => FrontNumbers): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the file has no place for its front table: ${begin} and ${end}`);
  const before = text.slice(from, to).split('\n');
  const lines = rows.flatMap(([title, ...names]) => {
    const all = names.map(numbersOf);
    const isWhole = all.every(({ ratio }) => Number.isFinite(ratio));
    if (!isWhole) return before.filter((line) => line.startsWith(`| ${title} |`));
    const cells = (['ours', 'theirs', 'ratio'] as const).map((key) => all.map((one) => shown(one[key])).join(', '));
    return [`| ${title} | ${cells.join(' | ')} |`];
  });
  return `${text.slice(0, from)}${begin}\n\n${head}\n${lines.join('\n')}\n\n${text.slice(to)}`;
}
