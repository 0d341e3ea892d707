// Tidy: the house rules, checked on the repository's own text. Every rule first has to find what breaks it, in small
// examples that exist here only; then it has to find nothing in the repository. The rules themselves are in test/kit.
import { existsSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { featureFaults, readFeatures, withFeatures } from './kit/feature-table.ts';
import {
  errorCodes,
  lockedAddresses,
  uncheckedBooks,
  unexplainedCodes,
  unknownStatements,
} from './kit/project-rules.ts';
import { describeFinding, type Finding, importsOf, readTree, type SourceFile, sourceFile } from './kit/source-tree.ts';
import { citationsIn, type Ledger, ledgerFaults, readLedgers } from './kit/spec-ledger.ts';
import {
  casts,
  focusedTests,
  foreignForms,
  header,
  limits,
  longFile,
  longFunctions,
  longLines,
  smuggledWorld,
  undocumentedExports,
  undocumentedMethods,
  unfinishedWords,
  untyped,
} from './kit/style-rules.ts';
import { brokenWalls, deadFiles, entrances, importCycles, lostImports, rowOf, walls } from './kit/walls.ts';

/** A rule over all files at once. Each line of its examples that ends in `// !` breaks it, no other does. */
interface Rule {
  readonly name: string;
  readonly check: (files: readonly SourceFile[]) => readonly Finding[];
  /** One group of files for each example: path and text. */
  readonly examples: readonly Readonly<Record<string, string>>[];
}

const tree = readTree(['src', 'protocol', 'test', 'bench']).filter(({ path }) => !path.startsWith('protocol/ambient/'));
const ledgers = readLedgers();
const statementIds = new Set(ledgers.flatMap(({ statements }) => statements.map(({ id }) => id)));
const each =
  (rule: (file: SourceFile) => readonly Finding[]): Rule['check'] =>
  (files) =>
    files.flatMap(rule);

const manyLines = (count: number, line: string): string => `${line}\n`.repeat(count);
const functionOf = (lines: number): string => `${manyLines(lines, '  work();')}}\n`;
const only = '.on' + 'ly';
const mqtt = 'MQ' + 'TT';
const unfinished = 'TO' + 'DO';

const rules: readonly Rule[] = [
  {
    name: 'a room imports only what the import table allows',
    check: brokenWalls,
    examples: [
      {
        'protocol/wire/bytes.ts': "import { Buffer } from 'node:buffer';",
        'protocol/wire/codec-packets.ts': "import type packet from 'mqtt-packet';",
        'protocol/wire/other.ts': "import { Buffer } from 'node:buffer'; // !",
        'protocol/topic/tree.ts':
          "import {\n  type Bytes,\n  bytesOf,\n} from '../wire/bytes.ts';\nimport { a } from '../session/a.ts'; // !",
        'protocol/session/a.ts': "import { b } from '../../src/base/log.ts'; // !",
        'src/broker/broker.ts':
          "import type { Bridge } from '../bridge/bridge.ts'; // !\nimport { a } from '../../protocol/index.ts'; // !",
        'src/bridge/bridge.ts': "export { Broker } from '../broker/broker.ts'; // !\nimport '../router/router.ts';",
        'src/router/router.ts': "import { connect } from 'node:net'; // !\nconst late = await import('node:tls'); // !",
        'src/ports/node-net.ts': "import { connect } from 'node:net';",
        'src/base/log.ts': "import { pino } from 'pino';",
        'src/app/app.ts': "import { pino } from 'pino'; // !\nimport { a } from '../config/parse.ts';",
        'src/dashboard/page.tsx':
          "import type { A } from '../http/api-types.ts';\nimport type { B } from '../http/router.ts'; // !\n" +
          "import { c } from '../http/api-types.ts'; // !",
        'src/attic/old.ts': "import { a } from '../base/log.ts'; // !",
        'test/src/link/link.test.ts': "import { connect } from 'node:net'; // !\n// import { a } from 'node:tls';",
        'test/e2e/broker.test.ts': "import { connect } from 'node:net';",
      },
    ],
  },
  {
    name: 'a relative import names a file of the tree, with its extension',
    check: lostImports,
    examples: [{ 'src/a/a.ts': "import './b.ts';\nimport './b.js'; // !\nimport './c.ts'; // !", 'src/a/b.ts': '' }],
  },
  {
    name: 'no file imports itself by way of others',
    check: importCycles,
    examples: [
      {
        'src/a.ts': "import './b.ts';\nimport './c.ts';",
        'src/b.ts': "import './c.ts';",
        'src/c.ts': "import './d.ts';",
        'src/d.ts': "import type { B } from './b.ts'; // !",
      },
      { 'src/a.ts': "import './a.ts'; // !" },
    ],
  },
  {
    name: 'no file is dead',
    check: deadFiles,
    examples: [
      {
        'src/app/main.ts': "import '../base/used.ts';",
        'src/base/used.ts': "export { a } from './deep.ts';",
        'src/base/deep.ts': '',
        'src/base/tested.ts': '// !',
        'src/base/unused.ts': "import './deep.ts'; // !",
        'test/src/base/a.test.ts': "import '../../../src/base/tested.ts';\nimport '../../kit/pair.ts';",
        'test/kit/pair.ts': '',
        'test/kit/lonely.ts': '// !',
      },
    ],
  },
  {
    name: `a file has at most ${limits.fileLines} lines`,
    check: each(longFile),
    examples: [{ 'a.ts': manyLines(400, 'a'), 'b.ts': `${manyLines(400, 'a')}a // !` }],
  },
  {
    name: `a line has at most ${limits.columns} columns`,
    check: each(longLines),
    examples: [
      { 'a.ts': `${'é'.repeat(120)}\n${'a'.repeat(117)} // !\nb` },
      { 'test/a.test.ts': `t.test('${'a'.repeat(120)}', f);\nt.equal('${'a'.repeat(120)}'); // !` },
    ],
  },
  {
    name: `a function has at most ${limits.functionLines} lines`,
    check: each(longFunctions),
    examples: [
      {
        'src/a.ts': `export function fits(): void {\n${functionOf(68)}`,
        'src/b.ts': `export async function grows(one: string): Promise<void> { // !\n${functionOf(69)}`,
        'src/c.ts': `function grows( // !\n  one: string,\n): void {\n${functionOf(67)}`,
        'src/d.ts': `class A {\n  a: number;\n\n  async #grows(): void { // !\n${manyLines(69, '    a();')}  }\n}`,
        'src/e.ts': `export const grows = (one: string): void => { // !\n${manyLines(69, '  work();')}};`,
        'src/f.ts': `interface A {\n  a(): void;\n}\nwhile (true) {\n${functionOf(80)}`,
        'test/a.test.ts': `function tells(): void {\n${functionOf(80)}`,
      },
    ],
  },
  {
    name: `a file opens with ${limits.headerLinesMin} to ${limits.headerLinesMax} lines of comment`,
    check: each(header),
    examples: [
      {
        'src/a.ts': '// hot path\n// One.\n// Two.\nimport a;',
        'src/b.ts': '#!/usr/bin/env node\n// One.\n// Two.\n// Three.\n',
        'src/c.ts': 'code(); // !\n// One.\n// Two.\n// Three.\n',
        'src/d.ts': '// One. // !\n// Two.\n\n// Three.\n',
        'test/a.test.ts': '// One.\ncode();',
        'test/b.test.ts': 'code(); // !',
        'src/e.ts': `// !\n${manyLines(10, '// Much.')}`,
      },
    ],
  },
  {
    name: 'an export has a doc comment',
    check: each(undocumentedExports),
    examples: [
      {
        'a.ts': '/** A. */\nexport const a = 1;\nexport const b = 2; // !\n',
        'b.ts': '// A.\nexport class A {} // !\nexport type B = string; // !\nexport async function c() {} // !\n',
        'c.ts': '/** A. */\nexport function a(one: string): void;\nexport function a(one: number): void;\n',
        'd.ts': '/**\n * A.\n */\nexport abstract class A {}\nexport { b } from "./b.ts";\nconst c = 1;\n',
      },
    ],
  },
  {
    name: 'a public method of an exported class has a doc comment',
    check: each(undocumentedMethods),
    examples: [
      {
        'src/a.ts':
          'export class A {\n  /** Goes. */\n  go(): void {\n    run(1);\n  }\n\n  async b(): void {} // !\n}',
        'src/b.ts': 'export class B {\n  constructor() {}\n\n  #go(): void {}\n\n  get a(): void {} // !\n}',
        'src/c.ts': 'class C {\n  go(): void {}\n}',
        'test/kit/a.ts': `export class A {\n  go(): void {}\n}`,
      },
    ],
  },
  {
    name: 'no default export, enum, namespace, inheritance or state of a module',
    check: each(foreignForms),
    examples: [
      { 'a.ts': 'export default a; // !\nenum A {} // !\nexport const enum B {} // !\ndeclare namespace N {} // !' },
      {
        'a.ts': 'class A extends B {} // !\nclass A extends Error {}\nclass A extends ViaductError {}\nlet a = 1; // !',
      },
      { 'a.ts': "const text = 'enum A { class A extends B';\n/*\nenum A\n*/\nfunction f() {\n  let a = 1;\n}" },
    ],
  },
  {
    name: 'no any, and no non-null mark in the product',
    check: each(untyped),
    examples: [
      { 'src/a.ts': 'let a: any; // !\nlet b: Map<string, any>; // !\nlet c = d as any; // !\nlet e: any[]; // !' },
      { 'src/a.ts': 'a!.b(); // !\nf(a!); // !\na[0]!; // !\nclass A { b!: string } // !\nif (!a && a !== b) c = !d;' },
      {
        'src/a.ts':
          "const text = 'as any!.';\n// any! as any\nconst r = /a!.: any/;\nconst u = `a!. ${b('c!.')}`;\na.any(1);",
      },
      { 'test/a.ts': 'a!.b();\nlet c: any; // !' },
    ],
  },
  {
    name: 'no cast, but where bytes and configurations get their types, with the reason',
    check: each(casts),
    examples: [
      {
        'protocol/wire/a.ts':
          'a = b as C; // 4 bits\n// Listed above.\na = b as C;\n\na = b as C; // !\nb = c as const;',
      },
      { 'protocol/session/a.ts': '// as: well known\na = b as C; // !' },
      { 'src/link/a.ts': "import { a as b } from 'c';\nimport * as d from 'e';\nimport {\n  f as g,\n} from 'h';\n" },
      { 'src/link/a.ts': '// as: the table has no other.\na = b as C;\na = [b] as unknown; // !\na = b as const;' },
      { 'src/link/a.ts': "// As good as new\nconst a = 'b as C';\ntype A = { [K in keyof B as C<K>]: D };" },
      { 'test/a.ts': 'a = b as C;' },
    ],
  },
  {
    name: 'time, chance and the environment come through the ports',
    check: each(smuggledWorld),
    examples: [
      {
        'protocol/a.ts': 'const a = Math.random(); // !\nconst b = Date.now(); // !\nconst c = new Date(d);',
        'src/link/a.ts':
          'setTimeout(f, 1); // !\nconst a = process.env.A; // !\nclock.setTimer(f, 1); // in this process.',
        'src/ports/node-clock.ts': 'const a = performance.now();',
        'src/app/main.ts': 'process.exitCode = 1;',
        'src/app/app.ts': 'process.exitCode = 1; // !',
      },
    ],
  },
  {
    name: 'no test is focused, and none outside of test/e2e waits for real time',
    check: each(focusedTests),
    examples: [
      { 'test/a.test.ts': `t${only}('a', f); // !\nt.test('a', { ${only.slice(1)}: true }, f); // !\n// t${only}(` },
      { 'test/a.test.ts': 'setTimeout(f, 1); // !\nclock.setTimer(f, 1);', 'test/e2e/a.test.ts': 'setTimeout(f, 1);' },
    ],
  },
  {
    name: 'whoever moves messages in a test has the books checked',
    check: each(uncheckedBooks),
    examples: [
      {
        'test/a.test.ts': "import { a } from './kit/a.ts';\nawait Broker.open(context, {}); // !\nBridge.open(a); // !",
      },
      {
        'test/a.test.ts': "import { auditBroker } from './kit/audit.ts';\nauditBroker(await Broker.open(context, {}));",
      },
    ],
  },
  {
    name: 'nothing is left unfinished',
    check: each(unfinishedWords),
    examples: [
      { 'src/a.ts': `// ${unfinished}: later // !\nconst a = '${unfinished.toLowerCase()}';\n// ${unfinished}S` },
    ],
  },
  {
    name: 'a cited statement exists',
    check: each((file) => unknownStatements(file, statementIds)),
    examples: [
      { 'a.ts': `// [${mqtt}-1.5.4-1] [${mqtt}3-1.5.3-1]\n// [${mqtt}-4.2-1] ${mqtt}-packet [${mqtt}31-1]\n` },
      { 'a.ts': `// [${mqtt}31-99] // !\n// [${mqtt}311-1.5.3-1] // !` },
      { 'a.ts': `// [${mqtt}-1.5.3-1] // !\n// [${mqtt}3-4.13.1-1] // !\nconst statement = '${mqtt}-9.9.9-9'; // !\n` },
      { 'a.ts': `// [${mqtt}-2.1.3-1, 2.1.3-2] // !\n// [${mqtt}-1.5.4-1] // !`.replace('4-1] //', '4-1 (twice)] //') },
    ],
  },
];

for (const { name, check, examples } of rules) {
  t.test(name, (t) => {
    for (const [at, example] of examples.entries()) {
      const files = Object.entries(example).map(([path, text]) => sourceFile(path, text));
      const expected = files.flatMap(linesMarked);
      t.strictSame(check(files).map(placeOf).sort(), expected.sort(), `example ${at + 1} is judged rightly`);
    }
    keepsRule(t, check(tree));
    t.end();
  });
}

t.test('the scanner tells code from text', (t) => {
  const text = "a = `x${ { b: `y${c}` } }z`; // it's\nd = 'e\\'//'; f = g / h / i; j = /[/'\"]/.test(k) /* \n */;";
  const code = "a = ` ${ { b: ` ${c}` } } `;        \nd = '     '; f = g / h / i; j = /     /.test(k)    \n   ;";
  t.equal(sourceFile('a.ts', text).code, code);
  const imports = importsOf(
    sourceFile('src/a/b.ts', "import {\n  a,\n} from '../c.ts';\ntype D = import('node:net').D;"),
  );
  t.strictSame(imports, [
    { line: 3, specifier: '../c.ts', target: 'src/c.ts', isType: false },
    { line: 4, specifier: 'node:net', target: undefined, isType: false },
  ]);
  t.end();
});

t.test('the tree holds what the rules are about', (t) => {
  t.ok(tree.length > 100, 'the files were found');
  const paths = new Set(tree.map(({ path }) => path));
  for (const path of entrances) if (!path.startsWith('bench/')) t.ok(paths.has(path), path);
  const counts = ledgers.map(({ version, statements }) => [version, statements.length]);
  t.strictSame(counts, [
    ['3.1', 13],
    ['3.1.1', 141],
    ['5.0', 251],
  ]);
  t.end();
});

t.test('a statement is named by a test of each side that it binds, and cited by the line that fulfils it', (t) => {
  const statement = { section: '1.1', inShort: '', applies: true } as const;
  const example: Ledger = {
    version: '3.1',
    sections: {},
    statements: [
      { ...statement, id: `${mqtt}31-1`, side: 'both' },
      { ...statement, id: `${mqtt}31-2`, side: 'client' },
      { ...statement, id: `${mqtt}31-3`, side: 'server' },
      { ...statement, id: `${mqtt}31-4`, side: 'server', applies: 'it only allows something' },
    ],
  };
  const files = [
    sourceFile('src/a.ts', `// [${mqtt}31-1]\nnew Malformed('${mqtt}31-2');`),
    sourceFile('test/spec/server/a.test.ts', `t.test('a [${mqtt}31-1] [${mqtt}31-2]', f);\n// [${mqtt}31-3]`),
    sourceFile('test/protocol/wire/a.test.ts', `t.test('a [${mqtt}31-2]', f);`),
  ];
  t.strictSame(ledgerFaults([example], citationsIn(files)), [
    `${mqtt}31-1 lacks a test of the client`,
    `${mqtt}31-3 lacks a test of the server and a line of the product`,
  ]);
  t.strictSame(ledgerFaults(ledgers, citationsIn(tree)), []);
  t.end();
});

t.test('the READMEs of both halves show the import table as it is', (t) => {
  const readmes = ['src/README.md', 'protocol/README.md'].map((path) => readFileSync(path, 'utf8'));
  const shown = readmes.flatMap((text) => text.split('\n').filter((line) => /^\| `(?:src|protocol)\//.test(line)));
  t.strictSame(shown.sort(), Object.keys(walls).map(rowOf).sort());
  t.end();
});

t.test('every feature that is there names a test that there is, and the README shows all: npm run features', (t) => {
  const features = readFeatures();
  t.equal(features.length, 128);
  t.strictSame(featureFaults(features), []);
  const readme = readFileSync('README.md', 'utf8');
  t.ok(readme === withFeatures(readme, features), 'npm run features writes it');
  t.end();
});

t.test('the lock file names no server', (t) => {
  t.equal(lockedAddresses(sourceFile('lock', '{ "a": { "resolved": "https://example.org" } }')).length, 1);
  keepsRule(t, lockedAddresses(fileAt('package-lock.json')));
  t.end();
});

t.test('the README explains every error code, and no other', (t) => {
  const raising = [
    sourceFile('src/a.ts', "throw new UsageError('FLAG', 'a');\nthrow new ConfigError(\n  'SYNTAX',\n  [],\n);"),
    sourceFile(
      'src/b.ts',
      "export type LinkPhase = 'tls' | 'open';\nthrow new RefusedError(code, 'b');\na = 'ERR_CLOSED';",
    ),
  ];
  const codes = ['ERR_CLOSED', 'ERR_CONFIG_SYNTAX', 'ERR_LINK_OPEN', 'ERR_LINK_TLS', 'ERR_REFUSED_', 'ERR_USAGE_FLAG'];
  t.strictSame([...errorCodes(raising)].sort(), codes);
  const readme = sourceFile('README.md', '# A\n### `ERR_CLOSED`\n### ERR_REFUSED_<reason>\n### ERR_GONE\n');
  const found = unexplainedCodes(readme, new Set(['ERR_CLOSED', 'ERR_REFUSED_', 'ERR_USAGE_FLAG']));
  t.strictSame(found.map(placeOf), ['README.md:1', 'README.md:4']);
  const own = existsSync('README.md') ? unexplainedCodes(fileAt('README.md'), errorCodes(tree)) : [];
  keepsRule(t, own);
  t.end();
});

function keepsRule(t: Test, findings: readonly Finding[]): void {
  const breaks = findings.map(describeFinding);
  if (breaks.length === 0) t.pass('the repository keeps the rule');
  else t.fail(`the repository breaks the rule ${breaks.length} times`, { breaks, stack: '', at: null, source: '' });
}

function fileAt(path: string): SourceFile {
  return { path, text: readFileSync(path, 'utf8'), code: '' };
}

function placeOf({ path, line }: Finding): string {
  return `${path}:${line}`;
}

function linesMarked({ path, text }: SourceFile): string[] {
  return text.split('\n').flatMap((line, at) => (/\/\/ !$/.test(line) ? [`${path}:${at + 1}`] : []));
}
