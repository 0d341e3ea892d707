// MapView: what rules make of topics as lines for a terminal: each topic, and below it a line a rule, in columns that
// all topics share. A rule that would have taken a message and does not, says why.
// Bounded by the topics and the rules.
import type { TriedRule } from '../../bridge/try-rules.ts';
import { Colour, type PaintedCell, paintOf, type Screen, tableLines, wrapped } from './text-table.ts';

/** What a rule makes of a topic, or why it leaves it alone. */
export interface MapLine extends Omit<TriedRule, 'index' | 'result'> {
  /** The rule in its list, as it is written, from 0. */
  readonly place: number;
  readonly result: TriedRule['result'] | { readonly leftOut: string };
}

/** A topic and the rules that have to do with it. */
export interface MappedTopic {
  readonly topic: string;
  readonly lines: readonly MapLine[];
}

const columns = ['WAY', 'RULE', 'TOPIC', 'QOS', 'RETAIN', ''].map((name) => ({ name }));

/** The lines. */
export function mapLines(topics: readonly MappedTopic[], screen: Screen): readonly string[] {
  const paint = paintOf(screen);
  const rows = topics.flatMap(({ lines }) => lines.map(rowOf));
  const [head = '', ...drawn] = tableLines(columns, rows, { ...screen, columns: roomOf(screen) });
  const heading = rows.length === 0 ? [] : [`  ${head}`];
  let next = 0;
  const body = topics.flatMap(({ topic, lines }) => {
    const own = lines.flatMap((line, index) => [`  ${drawn[next + index] ?? ''}`, ...reasonLines(line, screen)]);
    next += lines.length;
    return [paint(topic, Colour.bold), ...(own.length === 0 ? ['  no rule is about it'] : own)];
  });
  return [...heading, ...body];
}

function roomOf({ columns: width }: Screen): number | undefined {
  return width === undefined ? undefined : width - 2;
}

/** Why a message is dropped, below the line of its rule. */
function reasonLines({ result }: MapLine, screen: Screen): readonly string[] {
  if (!('dropped' in result) || result.why === '') return [];
  const paint = paintOf(screen);
  return wrapped(result.why, '      ', screen).map((line) => paint(line, Colour.red));
}

function rowOf({ bridge, list, place, result }: MapLine): readonly (string | PaintedCell)[] {
  const way = list === 'forwards' ? `here -> ${bridge}` : `${bridge} -> here`;
  const rule = `${list === 'forwards' ? list : 'subscription'}.${place}`;
  if ('leftOut' in result) return [way, rule, '-', '', '', { text: result.leftOut, colour: Colour.dim }];
  if ('dropped' in result) return [way, rule, { text: `dropped: ${result.dropped}`, colour: Colour.red }];
  const properties = result.userProperties.map(([name, value]) => `${name}=${value}`).join('  ');
  const topic = { text: result.topic, colour: Colour.green };
  return [way, rule, topic, String(result.qos), result.retain ? 'yes' : 'no', properties];
}
