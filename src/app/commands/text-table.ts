// TextTable: rows as columns of text for a terminal, each as wide as its widest cell, under names that are dim where
// there is colour. Numbers stand to the right. What is longer than the terminal is cut there, so that rows stay lines;
// sentences are wrapped instead.
// Bounded by what is written into it.

/** Paints a text with a colour of ANSI, where there is colour. */
export type Paint = (text: string, colour: number) => string;

/** Colours of states and of what is less important. */
export const Colour = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** Where lines are shown. */
export interface Screen {
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined: lines are as long as they are. */
  readonly columns?: number | undefined;
}

/** One column: its name, and on which side its cells stand. */
export interface Column {
  readonly name: string;
  readonly isNumber?: boolean;
}

/** A cell with a colour of its own. */
export interface PaintedCell {
  readonly text: string;
  readonly colour: number;
}

/** Colours on a terminal, none elsewhere. */
export function paintOf({ isTerminal }: Screen): Paint {
  return (text, colour) => (isTerminal ? `\u001b[${colour}m${text}\u001b[0m` : text);
}

/** The lines of a table, the names of its columns first; columns without any content are left out. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly (string | PaintedCell)[])[],
  screen: Screen,
): readonly string[] {
  const paint = paintOf(screen);
  const shown = columns.flatMap(({ name, isNumber = false }, index) => {
    const cells = rows.map((row) => cellOf(row[index]));
    const width = Math.max(name.length, ...cells.map(({ text }) => text.length));
    return rows.length > 0 && cells.every(({ text }) => text === '') ? [] : [{ name, isNumber, index, width }];
  });
  const last = shown.at(-1);
  const lineOf = (cells: readonly PaintedCell[]): string => {
    let room = screen.columns ?? Number.POSITIVE_INFINITY;
    const parts = shown.flatMap((column) => {
      // between two columns is a gap, which a column without room has not either
      if (room <= 0) return [];
      const { text, colour } = cells[column.index] ?? { text: '', colour: 0 };
      // what follows the last column needs no room
      const whole = column.isNumber ? text.padStart(column.width) : column === last ? text : text.padEnd(column.width);
      const part = cut(whole, room);
      room -= column.width + 2;
      return [colour === 0 ? part : paint(part, colour)];
    });
    return parts.join('  ').trimEnd();
  };
  const head = columns.map(({ name }) => ({ text: name, colour: Colour.dim }));
  return [head, ...rows.map((row) => row.map(cellOf))].map(lineOf);
}

/** A sentence in lines of the terminal, all of them indented. */
export function wrapped(
  text: string,
  indent: string,
  { columns = Number.POSITIVE_INFINITY }: Screen,
): readonly string[] {
  const room = Math.max(1, Math.min(columns - indent.length, Number.MAX_SAFE_INTEGER));
  const lines: string[] = [];
  for (const word of text.split(' ').flatMap((one) => piecesOf(one, room))) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.map((line) => `${indent}${line}`);
}

/** A word that is longer than a line, as the name of a server, is taken apart. */
function piecesOf(word: string, room: number): readonly string[] {
  const pieces = [word.slice(0, room)];
  for (let at = room; at < word.length; at += room) pieces.push(word.slice(at, at + room));
  return pieces;
}

/** Bytes as people read them: `1.5 MB`, powers of 1000, as the pages have them. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [rest, at] = [bytes, 0];
  while (rest >= 1000 && at < units.length - 1) {
    rest /= 1000;
    at++;
  }
  return `${at === 0 || rest >= 100 ? rest.toFixed(0) : rest.toFixed(1)} ${units[at]}`;
}

/** So many of something: `1 record`, `2 records`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** A span as people read it: `12 s`, `5 min`, `3 h`, `4 days`. */
export function spanText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}

/** A moment to the second: `2026-05-01 12:00:00Z`. */
export function momentText(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
}

function cellOf(cell: string | PaintedCell | undefined): PaintedCell {
  return typeof cell === 'object' ? cell : { text: cell ?? '', colour: 0 };
}

/** A text that has so much room. */
export function cut(text: string, room: number): string {
  return text.length <= room ? text : room <= 0 ? '' : `${text.slice(0, room - 1)}…`;
}
