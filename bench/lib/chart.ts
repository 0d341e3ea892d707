// Chart: horizontal bars on a logarithmic scale as an SVG, a group for each scenario and a bar for each peer. Text has
// a grey that reads on light and dark pages; inside a page it takes the colour of its surroundings.
// Bounded by the rows.
import { shown } from './statistics.ts';

/** One group of bars. */
export interface ChartRow {
  readonly label: string;
  /** By peer; what is not a number has no bar. */
  readonly values: Readonly<Record<string, number>>;
}

const colours = ['#0f766e', '#d97706', '#7c3aed', '#64748b', '#be123c', '#2563eb', '#65a30d'];
const [labelWidth, barsWidth, barHeight, gap] = [300, 460, 13, 12];

/** An SVG of the rows; `peers` in the order of their bars. */
export function barChart(title: string, peers: readonly string[], rows: readonly ChartRow[]): string {
  const all = rows.flatMap(({ values }) => Object.values(values)).filter((value) => value > 0);
  const [least, most] = [Math.min(...all) / 1.5, Math.max(...all) * 1.1];
  const widthOf = (value: number): number =>
    (Math.log(value / least) / Math.log(Math.max(most / least, 1.001))) * barsWidth;
  const parts: string[] = [text(0, 16, title, 'font-weight="600" font-size="14"')];
  let legendX = labelWidth;
  for (const [index, peer] of peers.entries()) {
    parts.push(`<rect x="${legendX}" y="6" width="10" height="10" rx="2" fill="${colours[index % colours.length]}"/>`);
    parts.push(text(legendX + 14, 15, peer));
    legendX += 30 + 7 * peer.length;
  }
  let y = 30;
  for (const { label, values } of rows) {
    const shownPeers = peers.filter((peer) => (values[peer] ?? 0) > 0);
    parts.push(text(labelWidth - 8, y + (shownPeers.length * barHeight) / 2 + 4, label, 'text-anchor="end"'));
    for (const peer of shownPeers) {
      const value = values[peer] ?? 0;
      const width = Math.max(2, widthOf(value)).toFixed(1);
      const colour = colours[peers.indexOf(peer) % colours.length];
      parts.push(
        `<rect x="${labelWidth}" y="${y}" width="${width}" height="${barHeight - 2}" rx="2" fill="${colour}"/>`,
      );
      parts.push(text(labelWidth + Number(width) + 5, y + barHeight - 3, shown(value)));
      y += barHeight;
    }
    y += gap;
  }
  const style = 'font-family="system-ui, sans-serif" font-size="11" fill="currentColor" color="#475569"';
  const size = `width="${labelWidth + barsWidth + 70}" height="${y}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>\n${parts.join('\n')}\n</svg>\n`;
}

function text(x: number, y: number, words: string, more = ''): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" ${more}>${safe}</text>`;
}
