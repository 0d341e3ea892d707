// View: what the demo shows. On a terminal a small block that is redrawn in
// place, elsewhere one line a second. Pure: it turns a snapshot into lines;
// writing them is the demo's.
import { styleText } from 'node:util';
import type { Account } from './ledger.ts';

/** One moment of the demo. */
export interface Snapshot {
  /** Seconds since the sensors started. */
  readonly seconds: number;
  /** What is going on, in words. */
  readonly phase: string;
  readonly isLinkUp: boolean;
  /** State of the bridge in words: `connected`, `waiting: next try in 0.4 s`. */
  readonly link: string;
  /** Messages a second that sensors publish to the edge. */
  readonly edgeRate: number;
  /** Messages a second that reach the cloud. */
  readonly cloudRate: number;
  /** Commands a second that come back from the cloud to the sensors. */
  readonly commandRate: number;
  /** Messages waiting at the edge for the cloud. */
  readonly queueDepth: number;
  readonly account: Account;
}

const barWidth = 40;
const wireUp = '═══════ linked ═══════▶';
const wireDown = '═══════ ✂ cut ✂ ═══════';

/** A bar of `value` against `max`, `barWidth` characters wide. */
function bar(value: number, max: number): string {
  const filled = Math.min(barWidth, Math.round((value / Math.max(max, 1)) * barWidth));
  return `${'█'.repeat(filled)}${'·'.repeat(barWidth - filled)}`;
}

/** The block for a terminal: always the same number of lines, so that it can be redrawn in place. */
export function renderBlock(snapshot: Snapshot, peakDepth: number): readonly string[] {
  const { seconds, phase, isLinkUp, link, edgeRate, cloudRate, commandRate, queueDepth, account } = snapshot;
  const wire = isLinkUp ? styleText('green', wireUp) : styleText('red', wireDown);
  const faults = `duplicates ${account.duplicates}  reordered ${account.reordered}`;
  return [
    '',
    `  ${styleText('bold', `${seconds.toFixed(1).padStart(5)} s`)}  ${phase}`,
    '',
    `  ${styleText('cyan', 'sensors ▶ edge')} ${wire} ${styleText('cyan', 'cloud')}     bridge: ${link}`,
    '',
    `  published at the edge   ${rate(edgeRate)}      arrived in the cloud   ${rate(cloudRate)}`,
    `  commands to sensors     ${rate(commandRate)}      ${faults}`,
    '',
    `  waiting at the edge  ${bar(queueDepth, peakDepth)} ${String(queueDepth).padStart(6)}`,
    `  delivered            ${bar(account.delivered, account.published)} ${account.delivered} of ${account.published}`,
    '',
  ];
}

/** One line for a log or a pipe. */
export function renderLine(snapshot: Snapshot): string {
  const { seconds, phase, link, edgeRate, cloudRate, queueDepth, account } = snapshot;
  const rates = `edge ${edgeRate}/s  cloud ${cloudRate}/s  waiting ${queueDepth}`;
  const numbers = `${rates}  delivered ${account.delivered}/${account.published}`;
  return `${seconds.toFixed(1).padStart(5)} s  ${numbers}  bridge ${link}  | ${phase}`;
}

/** The account at the end, one row a kind of message. */
export function renderAccount(rows: readonly (readonly [name: string, account: Account])[]): readonly string[] {
  const head = ['', 'published', 'delivered', 'duplicates', 'lost', 'reordered'];
  const lines = [head.map((cell, index) => (index === 0 ? cell.padEnd(30) : cell.padStart(11))).join('')];
  for (const [name, account] of rows) {
    const { published, delivered, duplicates, lost, reordered } = account;
    const cells = [published, delivered, duplicates, lost, reordered].map((value) => String(value).padStart(11));
    lines.push(`${name.padEnd(30)}${cells.join('')}`);
  }
  return lines.map((line) => `  ${line}`);
}

function rate(value: number): string {
  return `${String(Math.round(value)).padStart(6)} msg/s`;
}
