// HoconParser: tokens -> statements. Nothing is merged or looked up
// here; that is `hocon-evaluate.ts`. Bounded by `levelsMax`, so that no
// input exhausts the stack.
import { HoconLexer, syntaxError, type Token } from './hocon-lexer.ts';
import { type Expression, type HoconPart, levelsMax, type Position, type Statement } from './hocon-node.ts';

/** The statements of one text. Throws ConfigError that names the place. */
export function parseHocon(file: string, text: string): readonly Statement[] {
  return new HoconParser(new HoconLexer(file, text).tokens()).root();
}

class HoconParser {
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  root(): readonly Statement[] {
    this.#skipSeparators();
    const isBraced = this.#is('{');
    if (isBraced) this.#index++;
    const statements = this.#statements(isBraced ? '}' : undefined);
    if (isBraced) {
      this.#index++;
      this.#skipSeparators();
    }
    const rest = this.#token;
    if (rest.kind !== 'end') throw syntaxError(rest.at, nameOf(rest), 'the end of the file');
    return statements;
  }

  get #token(): Token {
    // `end` is the last token and is never passed
    return this.#tokens[this.#index] ?? { kind: 'end', text: '', at: { file: '', line: 0, column: 0 }, blanks: '' };
  }

  /** Statements up to a closing brace, which is left, or up to the end. */
  #statements(close: string | undefined): readonly Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      this.#skipSeparators();
      const token = this.#token;
      if (close !== undefined && this.#is(close)) return statements;
      if (token.kind === 'end') {
        if (close === undefined) return statements;
        throw syntaxError(token.at, nameOf(token), `a closing ${close}`);
      }
      if (close === undefined && this.#is('}')) return statements;
      statements.push(this.#statement());
    }
  }

  #statement(): Statement {
    const { at, kind, text } = this.#token;
    if (kind === 'bare' && text === 'include' && !this.#isKeyOnly()) return this.#include(at);
    const path = this.#path();
    if (this.#is('{')) return { kind: 'assignment', at, path, isAppend: false, value: this.#value() };
    const operator = this.#token;
    const isOperator = this.#is('=') || this.#is(':') || this.#is('+=');
    if (!isOperator) throw syntaxError(operator.at, nameOf(operator), "'=' or '{' behind the key");
    this.#index++;
    this.#skipNewlines();
    return { kind: 'assignment', at, path, isAppend: operator.text === '+=', value: this.#value() };
  }

  /** Whether `include` is used as a key. */
  #isKeyOnly(): boolean {
    const next = this.#tokens[this.#index + 1];
    return next?.kind === 'punctuation';
  }

  #include(at: Position): Statement {
    this.#index++;
    const words: string[] = [];
    let file: string | undefined;
    while (this.#token.kind === 'bare' || this.#token.kind === 'quoted') {
      if (this.#token.kind === 'quoted') file ??= this.#token.text;
      else words.push(this.#token.text);
      this.#index++;
    }
    const form = words.join('');
    const isKnown = form === '' || form === 'file()' || form === 'required(file())' || form === 'required()';
    if (file === undefined || !isKnown)
      throw syntaxError(at, `include ${form}`, 'include "file" or include file("file")');
    return { kind: 'include', at, file };
  }

  #path(): readonly string[] {
    const path: string[] = [];
    let isOpen = true;
    const first = this.#token;
    for (let token = first; token.kind === 'bare' || token.kind === 'quoted'; token = this.#token) {
      const pieces = token.kind === 'quoted' ? [token.text] : token.text.split('.');
      // `a."b".c`: pieces without a dot between them belong together
      for (const [index, piece] of pieces.entries()) {
        if (index === 0 && !isOpen) path[path.length - 1] += token.blanks + piece;
        else if (piece !== '' || token.kind === 'quoted') path.push(piece);
      }
      isOpen = token.kind === 'bare' && token.text.endsWith('.');
      this.#index++;
    }
    if (path.length === 0 || path.some((piece) => piece === '')) throw syntaxError(first.at, nameOf(first), 'a key');
    if (path.length > levelsMax) throw syntaxError(first.at, `${path.length} levels`, `at most ${levelsMax}`);
    return path;
  }

  #value(): Expression {
    const { at } = this.#token;
    if (this.#is('{') || this.#is('[')) {
      this.#depth++;
      if (this.#depth > levelsMax) throw syntaxError(at, 'too many levels', `at most ${levelsMax} inside each other`);
      const value = this.#is('{') ? this.#object(at) : this.#array(at);
      this.#depth--;
      this.#checkEnd();
      return value;
    }
    return this.#scalar(at);
  }

  #object(at: Position): Expression {
    this.#index++;
    const statements = this.#statements('}');
    this.#index++;
    return { kind: 'object', at, statements };
  }

  #array(at: Position): Expression {
    this.#index++;
    const items: Expression[] = [];
    for (;;) {
      this.#skipSeparators();
      if (this.#is(']')) break;
      if (this.#token.kind === 'end') throw syntaxError(this.#token.at, nameOf(this.#token), 'a closing ]');
      items.push(this.#value());
    }
    this.#index++;
    return { kind: 'array', at, items };
  }

  #scalar(at: Position): Expression {
    const parts: HoconPart[] = [];
    const isBare = this.#token.kind === 'bare';
    for (;;) {
      const { kind, text, blanks } = this.#token;
      if (kind !== 'bare' && kind !== 'quoted' && kind !== 'reference' && !this.#isInnerColon()) break;
      if (parts.length > 0 && blanks !== '') parts.push({ kind: 'text', text: blanks });
      if (kind === 'reference') {
        const isOptional = text.startsWith('?');
        parts.push({ kind: 'reference', path: isOptional ? text.slice(1) : text, isOptional, at: this.#token.at });
      } else {
        parts.push({ kind: 'text', text });
      }
      this.#index++;
    }
    if (parts.length === 0) throw syntaxError(at, nameOf(this.#token), 'a value');
    this.#checkEnd();
    const [only] = parts;
    const isNull = isBare && parts.length === 1 && only?.kind === 'text' && only.text === 'null';
    return { kind: 'scalar', at, parts: isNull ? [] : parts };
  }

  /** `mqtt-tcp://host:1883` without quotes: the colons belong to the value. */
  #isInnerColon(): boolean {
    return this.#is(':') && this.#token.blanks === '';
  }

  /** Behind a value comes a newline, a comma or a closing bracket. */
  #checkEnd(): void {
    const token = this.#token;
    const isEnd = token.kind === 'newline' || token.kind === 'end' || this.#is(',') || this.#is('}') || this.#is(']');
    if (!isEnd) throw syntaxError(token.at, nameOf(token), 'a comma or the end of the line behind the value');
  }

  #skipSeparators(): void {
    while (this.#token.kind === 'newline' || this.#is(',')) this.#index++;
  }

  #skipNewlines(): void {
    while (this.#token.kind === 'newline') this.#index++;
  }

  #is(text: string): boolean {
    return this.#token.kind === 'punctuation' && this.#token.text === text;
  }
}

function nameOf(token: Token): string {
  return token.kind === 'end' || token.kind === 'newline' ? token.text : `'${token.text}'`;
}
