// Style rules: what DESIGN section 6 asks of each file and the linter does not see, or sees in fewer places. Each rule
// takes one file and tells what breaks it. They read text that the formatter has laid out: an exported declaration
// begins its line, and a body ends at the indentation that it began with.
import { type Finding, findInCode, findInText, isTest, lineAt, type SourceFile } from './source-tree.ts';

/** The limits of the house, in lines and columns. */
export const limits = {
  fileLines: 400,
  functionLines: 70,
  columns: 120,
  headerLinesMin: 3,
  headerLinesMinOfTests: 1,
  headerLinesMax: 10,
} as const;

/** A file over 400 lines holds two ideas. */
export function longFile(file: SourceFile): Finding[] {
  const lines = file.text.trimEnd().split('\n').length;
  // the texts of a language are one table, which translators read from top to bottom
  if (lines <= limits.fileLines || file.path.startsWith('src/dashboard/text/')) return [];
  return [{ path: file.path, line: lines, message: `${lines} lines, ${limits.fileLines} are allowed` }];
}

/** No line over 120 columns; the name of a test, which is a sentence with its statements, may be longer. */
export function longLines(file: SourceFile): Finding[] {
  return file.text.split('\n').flatMap((text, at) => {
    const columns = [...text].length;
    if (columns <= limits.columns || (isTest(file.path) && /^\s*(?:t\.test\()?['`]/.test(text))) return [];
    return [{ path: file.path, line: at + 1, message: `${columns} columns, ${limits.columns} are allowed` }];
  });
}

/** No function or method over 70 lines. The body of a test is no function in this sense: it tells a story. */
export function longFunctions(file: SourceFile): Finding[] {
  // markup is long and flat: there the linter counts, which does not count it
  if (!isProduct(file) || file.path.endsWith('.tsx')) return [];
  const lines = file.code.split('\n').map((text) => text.trimEnd());
  return lines.flatMap((text, at) => {
    const groups = functionStart.exec(text)?.groups;
    const indent = groups?.indent ?? groups?.method ?? groups?.arrow;
    if (indent === undefined || notFunction.test(text)) return [];
    const length = bodyLength(lines, at, indent);
    if (length <= limits.functionLines) return [];
    return [
      {
        path: file.path,
        line: at + 1,
        message: `${length} lines in one function, ${limits.functionLines} are allowed`,
      },
    ];
  });
}

/** Functions, methods and arrow functions with a name; each form has its indentation as a group. */
const functionStart = new RegExp(
  [
    /^(?<indent>\s*)(?:export )?(?:async )?function\b/,
    /^(?<method>\s*)(?:(?:static|async|get|set|override|private) )*[*#]*\w+(?:<.*>)?\(/,
    /^(?<arrow>\s*)(?:export )?const \w+.* => \{$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
const notFunction = /^\s*(?:if|for|while|switch|catch|return|await|super|assert)\b|[;,]$|\}$/;

function bodyLength(lines: readonly string[], start: number, indent: string): number {
  const end = new RegExp(`^${indent}\\}[;,)]*$`);
  for (let at = start + 1; at < lines.length; at++) {
    const text = lines[at] ?? '';
    if (end.test(text)) return at - start + 1;
    if (text !== '' && !text.startsWith(indent)) return 0;
    if (text.startsWith(`${indent})`) && text.endsWith(';')) return 0;
  }
  return 0;
}

/** A file opens with 3 to 10 lines: the idea, the invariant, what is bounded by what. For tests one may do. */
export function header(file: SourceFile): Finding[] {
  const lines = file.text.split('\n');
  const start = lines[0]?.startsWith('#!') ? 1 : 0;
  let end = start;
  while (lines[end]?.startsWith('//')) end++;
  const count = end - start;
  const min = isProduct(file) ? limits.headerLinesMin : limits.headerLinesMinOfTests;
  if (count >= min && count <= limits.headerLinesMax) return [];
  const wanted = `${min} to ${limits.headerLinesMax} lines of // say what this file is`;
  return [{ path: file.path, line: start + 1, message: `${wanted}; here are ${count}` }];
}

/**
 * Every export says what it is: units, bounds, default, errors. Names that are only passed on said so where they come
 * from.
 */
export function undocumentedExports(file: SourceFile): Finding[] {
  const lines = file.text.split('\n');
  const pattern = /^export (?:declare |abstract |async )*(?:class|function\*?|const|let|interface|type) (\w+)/;
  return lines.flatMap((text, at) => {
    const name = pattern.exec(text)?.[1];
    const before = lines[at - 1] ?? '';
    const isOverload = name !== undefined && pattern.exec(before)?.[1] === name;
    if (name === undefined || isOverload || /\*\/$/.test(before)) return [];
    return [{ path: file.path, line: at + 1, message: `${name} is exported without a doc comment` }];
  });
}

/**
 * Every method and accessor of an exported class says what it does; what overrides or implements says so in its
 * interface.
 */
export function undocumentedMethods(file: SourceFile): Finding[] {
  if (!isProduct(file)) return [];
  const lines = file.text.split('\n');
  const method = /^ {2}(?:(?:static|async|get|set) )*\*?(\w+)(?:<.*>)?\(/;
  let isExported = false;
  return lines.flatMap((text, at) => {
    if (/^\S/.test(text)) isExported = /^export (?:abstract )?class\b/.test(text);
    const name = method.exec(text)?.[1];
    const before = lines[at - 1] ?? '';
    if (!isExported || name === undefined || name === 'constructor') return [];
    if (/\*\/$/.test(before) || method.exec(before)?.[1] === name) return [];
    return [{ path: file.path, line: at + 1, message: `${name}() is public without a doc comment` }];
  });
}

/** `export default`, `enum`, `namespace` and inheritance other than from errors are not for this house. */
export function foreignForms(file: SourceFile): Finding[] {
  return [
    ...findInCode(file, /^export default\b/gm, 'no default export'),
    ...findInCode(file, /^\s*(?:export |declare |const )*(?:enum|namespace) \w+/gm, 'no enum, no namespace'),
    ...findInCode(file, /\bclass \w+(?:<.*>)? extends (?!\w*Error\b)/g, 'no inheritance except from Error'),
    ...findInCode(file, /^(?:export )?let\b/gm, 'no state in a module: the composition root wires everything'),
  ];
}

/** No `any`, and in the product no non-null `!`. */
export function untyped(file: SourceFile): Finding[] {
  const found = findInCode(file, /(?:[:<|&,]|\bas|=>)\s*any\b(?!\s*[:(.?])|\bany\[\]/g, 'no any');
  if (!isProduct(file)) return found;
  return [
    ...found,
    ...findInCode(file, /(?<=[\w)\]])!(?=[.;,:)\][}\s])/g, 'no non-null !: say what holds, or check it'),
  ];
}

/** Where the bytes of peers and the text of configurations get their types: `as` with a comment that says why. */
const castingRooms = /^(?:protocol\/wire|src\/config|src\/dashboard)\//;

/** Machines that never need a cast. */
const castlessRooms = /^protocol\/(?:topic|session|connection)\//;

/**
 * No `as` but `as const`; where bytes and configurations are read, with its reason; elsewhere, with `// as: reason`.
 */
export function casts(file: SourceFile): Finding[] {
  if (!isProduct(file)) return [];
  const lines = file.text.split('\n');
  return findInCode(file, /(?<=[\w)\]}'"`>] )as (?!const\b)(?=[\w{('[])/g, '').flatMap((found) => {
    const codeLine = file.code.split('\n')[found.line - 1] ?? '';
    if (isRenaming(file, found.line) || /\[\w+ in /.test(codeLine)) return [];
    const here = [lines[found.line - 2] ?? '', lines[found.line - 1] ?? ''].join('\n');
    if (castlessRooms.test(file.path)) return [{ ...found, message: 'no as in here' }];
    if (castingRooms.test(file.path)) {
      return /(?:\/\/|\*) .*\w/.test(here)
        ? []
        : [{ ...found, message: 'as without a comment that says why it is true' }];
    }
    return /\/\/ as: \w/.test(here) ? [] : [{ ...found, message: 'as without `// as: reason`' }];
  });
}

/** Whether a line belongs to an import or export list, where `as` gives a name. */
function isRenaming(file: SourceFile, line: number): boolean {
  for (const match of file.code.matchAll(/^(?:import|export) (?:type )?(?:\{[^}]*\}|\* as \w+)/gm)) {
    const first = lineAt(file.code, match.index);
    if (line >= first && line <= lineAt(file.code, match.index + match[0].length)) return true;
  }
  return false;
}

/** Where time, chance and the environment come in: the ports, the command, the bundlers, a file of the pages. */
const worldlyFiles = /^src\/(?:ports\/|app\/main\.ts$|bundle\/(?:bundle|dashboard)\.ts$|dashboard\/world\.ts$)/;

/** Time, chance and the environment come through the ports only, so that a simulator can stand in for them. */
export function smuggledWorld(file: SourceFile): Finding[] {
  if (!isProduct(file) || worldlyFiles.test(file.path)) return [];
  const values = /\b(?:Math\.random|Date\.now|new Date\(\)|(?:performance|process|crypto)\.)/g;
  const calls = /\b(?:fetch|set(?:Timeout|Interval|Immediate))\(/g;
  const message = 'time, chance and the environment come through src/ports';
  return [...findInCode(file, values, message), ...findInCode(file, calls, message)];
}

/** Rooms that are shown passwords, tokens and keys by strangers. */
const guardedRooms = /^src\/(?:http|access|secrets|broker)\//;
const secretName = String.raw`[\w.#]*(?:password|secret|token|signature|apikey|metricskey|psk)`;
const notSecret = String.raw`(?:undefined|null|true|false|['\x60]|-?\d)`;

/** Secrets are compared in constant time: by `isSameSecret`, or by way of their digests. */
export function comparedSecrets(file: SourceFile): Finding[] {
  if (!guardedRooms.test(file.path)) return [];
  const message = 'secrets are compared by isSameSecret, whose time tells nothing';
  const left = String.raw`(?<![\w.#]|typeof )${secretName} [!=]==? (?!${notSecret})`;
  const right = String.raw`[\w)\]] [!=]==? ${secretName}(?![\w.(])`;
  return findInCode(file, new RegExp(`${left}|${right}`, 'gi'), message);
}

/** No test is left alone, and none waits for real time. */
export function focusedTests(file: SourceFile): Finding[] {
  if (!isTest(file.path)) return [];
  const found = findInCode(file, /\.only\(|\bonly: *true/g, 'a focused test hides the others');
  if (file.path.startsWith('test/e2e/')) return found;
  return [
    ...found,
    ...findInCode(file, /\b(?:setTimeout|setInterval|sleep)\(/g, 'a test waits for the virtual clock only'),
  ];
}

/** Work is done or written down elsewhere, not left as a word in the code. */
export function unfinishedWords(file: SourceFile): Finding[] {
  const words = ['TO' + 'DO', 'FIX' + 'ME', 'X'.repeat(3)];
  return findInText(file, new RegExp(`\\b(?:${words.join('|')})\\b`, 'g'), ([word]) => `unfinished: ${word}`);
}

function isProduct(file: SourceFile): boolean {
  return file.path.startsWith('src/') || file.path.startsWith('protocol/');
}
