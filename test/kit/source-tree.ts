// Source tree: the repository's own files as text, for rules about them. A small scanner tells code from comments,
// strings and regular expressions, so that a rule about code is not misled by a word in a comment. It knows just as
// much TypeScript as the formatter leaves: one statement begins at the start of a line, a body ends at the indentation
// that it began with.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** One file of the tree. */
export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /**
   * The text with the content of comments, strings and regular expressions as spaces: every character keeps its place.
   */
  readonly code: string;
}

/** One import or re-export. */
export interface Import {
  /** From 1. */
  readonly line: number;
  /** As written: `./link.ts`, `node:net`, `pino`. */
  readonly specifier: string;
  /** The path of the file it names, or undefined for a package. */
  readonly target: string | undefined;
  /** Whether it is written as `import type`, so that nothing of it is left when the program runs. */
  readonly isType: boolean;
}

/** Something that breaks a rule. */
export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** `path:line: message`. */
export function describeFinding(finding: Finding): string {
  return `${finding.path}:${finding.line}: ${finding.message}`;
}

/** A file as the rules see it. */
export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, code: blankOut(text) };
}

/** All TypeScript files under the folders, in the order of their paths. A folder that does not exist has none. */
export function readTree(folders: readonly string[]): SourceFile[] {
  const files: SourceFile[] = [];
  for (const folder of folders) {
    for (const path of pathsUnder(folder)) {
      if (/\.tsx?$/.test(path)) files.push(sourceFile(path, readFileSync(path, 'utf8')));
    }
  }
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Whether a path is that of a test. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

/** The line, from 1, of an offset in a text. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** Every place in a file's code, not its comments and strings, where a pattern (with flag g) matches. */
export function findInCode(file: SourceFile, pattern: RegExp, message: string): Finding[] {
  return findIn(file, file.code, pattern, () => message);
}

/**
 * Every place in a file's whole text where a pattern (with flag g) matches; no finding where `message` returns
 * undefined.
 */
export function findInText(
  file: SourceFile,
  pattern: RegExp,
  message: (match: RegExpMatchArray) => string | undefined,
): Finding[] {
  return findIn(file, file.text, pattern, message);
}

/** The imports and re-exports of a file, types included, also those of the form `import(...)`. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  const statements = /^(?:import|export)\b(?:[^;'"]*?\bfrom)?\s*'( *)'/gm;
  const calls = /\bimport\(\s*'( *)'/g;
  for (const pattern of [statements, calls]) {
    for (const match of file.code.matchAll(pattern)) {
      const end = match.index + match[0].length - 1;
      const specifier = file.text.slice(end - (match[1] ?? '').length, end);
      const isFile = specifier.startsWith('.');
      const target = isFile ? posix.join(posix.dirname(file.path), specifier) : undefined;
      const isType = /^(?:import|export) type\b/.test(match[0]);
      found.push({ line: lineAt(file.text, end), specifier, target, isType });
    }
  }
  return found;
}

function* pathsUnder(folder: string): Generator<string> {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* pathsUnder(path);
    else yield path;
  }
}

function findIn(
  file: SourceFile,
  text: string,
  pattern: RegExp,
  message: (match: RegExpMatchArray) => string | undefined,
): Finding[] {
  const found: Finding[] = [];
  for (const match of text.matchAll(pattern)) {
    const said = message(match);
    if (said !== undefined) found.push({ path: file.path, line: lineAt(text, match.index), message: said });
  }
  return found;
}

/** What the scanner can meet next: comments, strings, the beginning of a template, regular expressions, braces. */
const pieces = [
  /\/\/.*|\/\*[\s\S]*?\*\//,
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`/,
  /\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/,
  /[{}]/,
];

/** After these a slash begins a regular expression; after anything else it divides. */
const beforeExpression =
  /(?:^|[(,=:[!&|?{};+*%~^<>-]|\b(?:return|typeof|case|of|in|throw|yield|await|void|else|do))\s*$/;

function blankOut(text: string): string {
  const piece = new RegExp(pieces.map(({ source }) => source).join('|'), 'g');
  const parts: string[] = [];
  /** How many braces are open in each template's `${...}` that we are in. */
  const templates: number[] = [];
  let at = 0;
  const keepUntil = (end: number): void => {
    parts.push(text.slice(at, end));
    at = end;
  };
  const blankUntil = (end: number): void => {
    parts.push(text.slice(at, end).replace(/[^\n]/g, ' '));
    at = end;
  };
  const skipTemplate = (): void => {
    const end = templateEnd(text, at);
    blankUntil(end);
    if (text[end] === '$') {
      keepUntil(end + 2);
      templates.push(0);
    } else keepUntil(end + 1);
  };
  while (at < text.length) {
    piece.lastIndex = at;
    const match = piece.exec(text);
    if (match === null) break;
    const [found] = match;
    const last = templates.length - 1;
    const depth = templates[last];
    if (found.startsWith('//') || found.startsWith('/*')) {
      keepUntil(match.index);
      blankUntil(match.index + found.length);
    } else if (found === '`') {
      keepUntil(match.index + 1);
      skipTemplate();
    } else if (found === '}' && depth === 0) {
      keepUntil(match.index + 1);
      templates.pop();
      skipTemplate();
    } else if (found === '{' || found === '}') {
      keepUntil(match.index + 1);
      if (depth !== undefined) templates[last] = depth + (found === '{' ? 1 : -1);
    } else if (
      found.startsWith('/') &&
      (isMarkup(text, match.index) || !beforeExpression.test(text.slice(Math.max(0, match.index - 40), match.index)))
    ) {
      keepUntil(match.index + 1);
    } else {
      keepUntil(match.index + 1);
      blankUntil(match.index + found.length - 1);
      keepUntil(match.index + found.length);
    }
  }
  keepUntil(text.length);
  return parts.join('');
}

/** Whether a slash belongs to an element: `</p>`, `<br />`. */
function isMarkup(text: string, at: number): boolean {
  return text[at - 1] === '<' || text[at + 1] === '>';
}

/** Where a template's text, which begins at `start`, gives way to code: at `${` or at its closing backtick. */
function templateEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '`' || (character === '$' && text[at + 1] === '{')) return at;
  }
  return text.length;
}
