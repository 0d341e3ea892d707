// HoconLexer: text -> tokens. Comments (`#`, `//`) vanish, newlines stay because they separate
// values. Bounded by the text; strings know where they began, so that one without an end is
// told at its beginning.
import { ConfigError } from '../base/errors.ts';
import type { Position } from './hocon-node.ts';
import { shownText } from './shown-text.ts';

/** One token. `text` is the meaning: a quoted string without its quotes and escapes, a reference without its braces. */
export interface Token {
  readonly kind: 'punctuation' | 'newline' | 'quoted' | 'bare' | 'reference' | 'end';
  readonly text: string;
  readonly at: Position;
  /** Blanks in front of the token, which matter between words. */
  readonly blanks: string;
}

const punctuation = new Set(['{', '}', '[', ']', ',', ':', '=']);
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** The error for something that is no HOCON, at its place. */
export function syntaxError(at: Position, found: string, expected: string): ConfigError {
  return new ConfigError('SYNTAX', [
    { ...at, path: '', value: '', expected: `found ${shownText(found)}; expected ${expected}` },
  ]);
}

/** Splits one text. Throws ConfigError. */
export class HoconLexer {
  readonly #file: string;
  readonly #text: string;
  #index = 0;
  #line = 1;
  #lineStart = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  /** All tokens, `end` last. */
  tokens(): readonly Token[] {
    const tokens: Token[] = [];
    for (;;) {
      const token = this.#next();
      tokens.push(token);
      if (token.kind === 'end') return tokens;
    }
  }

  #next(): Token {
    const blanksStart = this.#index;
    this.#skipBlanks();
    const blanks = this.#text.slice(blanksStart, this.#index);
    const at = this.#position();
    const char = this.#text[this.#index];
    if (char === undefined) return { kind: 'end', text: 'the end of the file', at, blanks };
    if (char === '\n') {
      this.#index++;
      this.#newLine();
      return { kind: 'newline', text: 'the end of the line', at, blanks };
    }
    if (this.#starts('+=')) {
      this.#index += 2;
      return { kind: 'punctuation', text: '+=', at, blanks };
    }
    if (this.#starts('${')) return { kind: 'reference', text: this.#reference(at), at, blanks };
    if (this.#starts('"""')) return { kind: 'quoted', text: this.#longString(at), at, blanks };
    if (char === '"') return { kind: 'quoted', text: this.#string(at), at, blanks };
    if (punctuation.has(char)) {
      this.#index++;
      return { kind: 'punctuation', text: char, at, blanks };
    }
    return { kind: 'bare', text: this.#bare(), at, blanks };
  }

  #skipBlanks(): void {
    for (;;) {
      const char = this.#text[this.#index];
      if (char === '#' || this.#isComment()) this.#skipLine();
      else if (char !== undefined && char !== '\n' && /\s/.test(char)) this.#index++;
      else return;
    }
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#index);
    this.#index = end < 0 ? this.#text.length : end;
  }

  #string(at: Position): string {
    let text = '';
    this.#index++;
    for (;;) {
      const char = this.#text[this.#index];
      if (char === undefined || char === '\n') throw syntaxError(at, 'a string without end', 'a closing "');
      this.#index++;
      if (char === '"') return text;
      text += char === '\\' ? this.#escape() : char;
    }
  }

  #escape(): string {
    const at = this.#position();
    const char = this.#text[this.#index++] ?? '';
    if (char === 'u') {
      const digits = this.#text.slice(this.#index, this.#index + 4);
      if (!/^[0-9a-f]{4}$/i.test(digits)) throw syntaxError(at, `\\u${digits}`, 'four hexadecimal digits');
      this.#index += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const meaning = escapes[char];
    if (meaning === undefined) throw syntaxError(at, `\\${char}`, 'one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX');
    return meaning;
  }

  #longString(at: Position): string {
    const start = this.#index + 3;
    let end = this.#text.indexOf('"""', start);
    if (end < 0) throw syntaxError(at, 'a string without end', 'a closing """');
    while (this.#text[end + 3] === '"') end++;
    const text = this.#text.slice(start, end);
    this.#index = start;
    for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) {
      this.#index = start + index + 1;
      this.#newLine();
    }
    this.#index = end + 3;
    return text;
  }

  #reference(at: Position): string {
    const end = this.#text.indexOf('}', this.#index);
    const text = this.#text.slice(this.#index + 2, end < 0 ? undefined : end);
    if (end < 0 || text.includes('\n')) throw syntaxError(at, 'a reference without end', 'a closing }');
    this.#index = end + 1;
    return text.trim();
  }

  #bare(): string {
    const start = this.#index;
    while (this.#index < this.#text.length) {
      const char = this.#text[this.#index] ?? '';
      const isEnd = punctuation.has(char) || char === '"' || char === '#' || /\s/.test(char);
      if (isEnd || this.#isComment() || this.#starts('${') || this.#starts('+=')) break;
      this.#index++;
    }
    return this.#text.slice(start, this.#index);
  }

  /** `//`, but not that of an address without quotes: `mqtt://host`. */
  #isComment(): boolean {
    if (!this.#starts('//')) return false;
    const around = this.#text.slice(Math.max(0, this.#index - 2), this.#index + 3);
    return !/^[a-z0-9]:\/\/[^\s]$/i.test(around);
  }

  #starts(text: string): boolean {
    return this.#text.startsWith(text, this.#index);
  }

  #newLine(): void {
    this.#line++;
    this.#lineStart = this.#index;
  }

  #position(): Position {
    return { file: this.#file, line: this.#line, column: this.#index - this.#lineStart + 1 };
  }
}
