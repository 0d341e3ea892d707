// TopicTemplate: what a mapping makes of the captures of its pattern, level by level. A level is made of pieces:
//   text          as it stands
//   + # $1 $# {x}  what a wildcard matched: `+` in turn, `$n` by number from 1, `{x}` by name, `#` and `$#` the rest
//   ${x}          what comes with the message: clientid, username, payload:FIELD
// What comes with a message can never add a level: a device must not choose where its messages go.
import { MappingFault } from './mapping-fault.ts';
import type { CapturePlace, Captures, TopicPattern } from './topic-pattern.ts';

/** What a message tells a template beyond its topic. */
export interface MappingContext {
  /** The client id of its publisher, if that is a device. */
  readonly clientId: string | undefined;
  /** The user name of its publisher, if it has one. */
  readonly username: string | undefined;
  /** A field of a JSON payload by its path (`a.b.0`); undefined if it has no such field, or one that is no word. */
  payloadField(path: string): string | undefined;
}

type ContextName = 'clientid' | 'username' | 'payload';

interface ContextPiece {
  readonly kind: 'context';
  readonly name: ContextName;
  readonly path: string;
}

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'capture'; readonly place: CapturePlace }
  | ContextPiece;

type Level = readonly Piece[];

const piecePattern = /\$\{([A-Za-z0-9_:.-]+)\}|\{([A-Za-z_][A-Za-z0-9_-]*)\}|\$(\d+|#)/g;

/** A compiled template. */
export class TopicTemplate {
  readonly #levels: readonly Level[];

  private constructor(levels: readonly Level[]) {
    this.#levels = levels;
  }

  /** Whether it needs to know more of a message than its topic. */
  get needsContext(): boolean {
    return this.#levels.some((level) => level.some((piece) => piece.kind === 'context'));
  }

  /** A template that takes the levels of a pattern from one to another, as they were matched. */
  static ofLevels(pattern: TopicPattern, from: number, to: number): TopicTemplate {
    let plus = pattern.levels.slice(0, from).filter((level) => level === '+').length;
    const levels = pattern.levels.slice(from, to).map((level): Level => {
      if (level === '#') return [{ kind: 'capture', place: 'hash' }];
      return [level === '+' ? { kind: 'capture', place: plus++ } : { kind: 'text', text: level }];
    });
    return new TopicTemplate(levels);
  }

  /** Compiles a target for a pattern, or says what is wrong with it. */
  static compile(target: string, pattern: TopicPattern): TopicTemplate | MappingFault {
    const levels: Level[] = [];
    let nextPlus = 0;
    const parts = target.split('/');
    const wantedPlus = parts.filter((part) => part === '+').length;
    if (wantedPlus > pattern.plusCount) {
      const detail = `'${target}' has ${wantedPlus} times '+', but '${pattern.filter}' only ${pattern.plusCount} times`;
      return new MappingFault(detail);
    }
    for (const part of parts) {
      if (part === '+') {
        levels.push([{ kind: 'capture', place: nextPlus++ }]);
        continue;
      }
      const level = levelOf(part === '#' ? '$#' : part, target, pattern);
      if (level instanceof MappingFault) return level;
      levels.push(level);
    }
    return new TopicTemplate(levels);
  }

  /**
   * The topic for these captures, or why there is none. With `mayAddLevels` what comes with the message may hold
   * slashes and wildcards: then the text is no topic.
   */
  fill(captures: Captures, context: MappingContext | undefined, mayAddLevels = false): string | MappingFault {
    const filled: string[] = [];
    for (const level of this.#levels) {
      const [only] = level;
      // `#` may have matched nothing: then its level is not there
      const isRest = level.length === 1 && only?.kind === 'capture' && only.place === 'hash';
      if (isRest && captures.hash === undefined) continue;
      let text = '';
      for (const piece of level) {
        const part = textOf(piece, captures, context);
        if (piece.kind === 'context' && !mayAddLevels && typeof part === 'string' && /[/+#]/.test(part)) {
          return new MappingFault(`has '${part}' for ${shownName(piece)}, with a character that no level may have`);
        }
        if (part instanceof MappingFault) return part;
        text += part;
      }
      filled.push(text);
    }
    return filled.join('/');
  }

  /** A filter, level by level, that matches whatever this template makes; `#` ends it. */
  get shape(): readonly string[] {
    const shape: string[] = [];
    for (const level of this.#levels) {
      const [only] = level;
      const isRest = level.some((piece) => piece.kind === 'capture' && piece.place === 'hash');
      if (level.length === 1 && only?.kind === 'text') shape.push(only.text);
      else if (isRest) return [...shape, ...(level.length > 1 ? ['+'] : []), '#'];
      else shape.push('+');
    }
    return shape;
  }

  /** Whether every topic that it makes says all captures: each on a level of its own, the rest at the end. */
  isInvertible({ plusCount, hasHash }: TopicPattern): boolean {
    const places = this.#places ?? [];
    const isRestLast = places.indexOf('hash') === (hasHash ? places.length - 1 : -1);
    return (
      places.length > 0 && isRestLast && new Set(places.filter((one) => typeof one === 'number')).size === plusCount
    );
  }

  /** The captures from which this template makes a topic; undefined if it makes no such topic, or does not say all. */
  unfill(topic: string, pattern: TopicPattern): Captures | undefined {
    const texts = topic.split('/');
    const plus: (string | undefined)[] = new Array(pattern.plusCount).fill(undefined);
    const places = this.#places;
    if (places === undefined) return undefined;
    for (const [index, place] of places.entries()) {
      if (place === 'hash') {
        const isLast = index === places.length - 1;
        const hash = index < texts.length ? texts.slice(index).join('/') : undefined;
        return isLast ? wholeCaptures(plus, hash) : undefined;
      }
      const text = texts[index];
      const before = typeof place === 'number' ? plus[place] : place.text;
      if (text === undefined || (before ?? text) !== text) return undefined;
      if (typeof place === 'number') plus[place] = text;
    }
    const isWhole = texts.length === places.length && !pattern.hasHash;
    return isWhole ? wholeCaptures(plus, undefined) : undefined;
  }

  /** What stands on each level, if each is a text or a capture and nothing more. */
  get #places(): readonly (CapturePlace | { readonly text: string })[] | undefined {
    const places: (CapturePlace | { readonly text: string })[] = [];
    for (const level of this.#levels) {
      const [piece] = level;
      if (piece === undefined || level.length > 1 || piece.kind === 'context') return undefined;
      places.push(piece.kind === 'text' ? piece : piece.place);
    }
    return places;
  }
}

function wholeCaptures(plus: readonly (string | undefined)[], hash: string | undefined): Captures | undefined {
  const known = plus.filter((one) => one !== undefined);
  return known.length === plus.length ? { plus: known, hash } : undefined;
}

/** The pieces of one level of a target. */
function levelOf(part: string, target: string, pattern: TopicPattern): Level | MappingFault {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of part.matchAll(piecePattern)) {
    if (match.index > at) pieces.push({ kind: 'text', text: part.slice(at, match.index) });
    at = match.index + match[0].length;
    const [, variable, name, number] = match;
    const piece =
      variable === undefined ? captureOf(name ?? number ?? '', target, pattern) : variableOf(variable, target);
    if (piece instanceof MappingFault) return piece;
    pieces.push(piece);
  }
  if (at < part.length || pieces.length === 0) pieces.push({ kind: 'text', text: part.slice(at) });
  return pieces;
}

/** What `$1`, `$#` or `{name}` takes. */
function captureOf(name: string, target: string, pattern: TopicPattern): Piece | MappingFault {
  const { filter, plusCount, hasHash } = pattern;
  if (name === '#') {
    if (hasHash) return { kind: 'capture', place: 'hash' };
    return new MappingFault(`'${target}' takes what '#' matched, but '${filter}' has no '#'`);
  }
  if (/^\d+$/.test(name)) {
    const place = Number(name) - 1;
    if (place >= 0 && place < plusCount) return { kind: 'capture', place };
    return new MappingFault(`'${target}' takes $${name}, but '${filter}' has ${plusCount} times '+'`);
  }
  const place = pattern.placeOf(name);
  if (place !== undefined) return { kind: 'capture', place };
  const known = pattern.names.length === 0 ? 'none' : pattern.names.map((one) => `{${one}}`).join(', ');
  return new MappingFault(`'${target}' takes {${name}}, but the names in its filter are: ${known}`);
}

function variableOf(variable: string, target: string): Piece | MappingFault {
  if (variable === 'clientid' || variable === 'username') return { kind: 'context', name: variable, path: '' };
  if (variable.startsWith('payload:') && variable.length > 8) {
    return { kind: 'context', name: 'payload', path: variable.slice(8) };
  }
  const known = ['clientid', 'username', 'payload:FIELD'].map((one) => `\${${one}}`).join(', ');
  return new MappingFault(`'${target}': \${${variable}} is none of ${known}`);
}

function textOf(piece: Piece, captures: Captures, context: MappingContext | undefined): string | MappingFault {
  switch (piece.kind) {
    case 'text':
      return piece.text;
    case 'capture':
      return (piece.place === 'hash' ? captures.hash : captures.plus[piece.place]) ?? '';
    case 'context':
      return contextText(piece, context);
    default: {
      const never: never = piece;
      return never;
    }
  }
}

function contextText(piece: ContextPiece, context: MappingContext | undefined): string | MappingFault {
  const values = {
    clientid: () => context?.clientId,
    username: () => context?.username,
    payload: () => context?.payloadField(piece.path),
  };
  return values[piece.name]() || new MappingFault(`has no ${shownName(piece)}`);
}

function shownName({ name, path }: ContextPiece): string {
  return path === '' ? `\${${name}}` : `\${${name}:${path}}`;
}
