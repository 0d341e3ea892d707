// HOCON: every form of the language that is promised, every place that an error names, and that no text whatever does
// harm. Texts are read from a disk in memory, through the evaluation, so that a test sees what the schema would see;
// what a configuration then means is the matter of config.test.ts.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { ConfigError } from '../../../src/base/errors.ts';
import { evaluateHocon } from '../../../src/config/hocon-evaluate.ts';
import { HoconLexer } from '../../../src/config/hocon-lexer.ts';
import type { HoconNode, HoconObject } from '../../../src/config/hocon-node.ts';
import { parseHocon } from '../../../src/config/hocon-parser.ts';
import { type Environment, textOfScalar } from '../../../src/config/hocon-references.ts';

function tree(text: string, environment: Environment = {}): HoconObject {
  return evaluateHocon(parseHocon('a.conf', text), { file: 'a.conf', line: 1, column: 1 }, () => [], environment);
}

function plain(node: HoconNode): unknown {
  if (node.kind === 'scalar') return textOfScalar(node);
  if (node.kind === 'array') return node.items.map(plain);
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
}

function read(text: string, environment: Environment = {}): unknown {
  return plain(tree(text, environment));
}

function faultsOf(text: string, environment: Environment = {}): string {
  try {
    return `no fault, but ${JSON.stringify(read(text, environment))}`;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

interface Case {
  readonly name: string;
  readonly text: string;
  readonly expected: unknown;
  readonly environment?: Environment;
}

const forms: readonly Case[] = [
  { name: 'nothing', text: '', expected: {} },
  { name: 'only comments and a byte order mark', text: '\ufeff# one\n// two', expected: {} },
  {
    name: 'an equals sign, a colon, and nothing before a brace',
    text: 'a=1\nb: 2\nc {d = 3}',
    expected: { a: '1', b: '2', c: { d: '3' } },
  },
  {
    name: 'a brace around everything, as in JSON',
    text: '\n{"a": {"b": [1, true]}}\n',
    expected: { a: { b: ['1', 'true'] } },
  },
  {
    name: 'paths, quoted in part',
    text: 'a.b.c = 1\na."x.y".z = 2',
    expected: { a: { b: { c: '1' }, 'x.y': { z: '2' } } },
  },
  {
    name: 'commas, newlines, trailing commas',
    text: 'a = [1, 2\n3,\n]\nb { c = 1, d = 2, }',
    expected: { a: ['1', '2', '3'], b: { c: '1', d: '2' } },
  },
  { name: 'a value on the next line', text: 'a =\n\n  1', expected: { a: '1' } },
  {
    name: 'objects in arrays without commas between lines',
    text: 'a = [\n{b=1}\n{b=2}\n]',
    expected: { a: [{ b: '1' }, { b: '2' }] },
  },
  {
    name: 'comments behind values',
    text: 'a = 1 # one\nb = 2 // two\nc = "#3" # three',
    expected: { a: '1', b: '2', c: '#3' },
  },
  {
    name: 'words without quotes, with the blanks between them',
    text: 'a = one  two "three"four',
    expected: { a: 'one  two threefour' },
  },
  {
    name: 'an address without quotes',
    text: 'a = mqtt-tcp://host:1883 // note\nb = [tls://h]',
    expected: { a: 'mqtt-tcp://host:1883', b: ['tls://h'] },
  },
  { name: 'escapes', text: String.raw`a = "\"\\\/\b\f\n\r\t\u00e4"`, expected: { a: '"\\/\b\f\n\r\tä' } },
  {
    name: 'a text of several lines',
    text: 'a = """one\n "two" \\n""""\nb = 1',
    expected: { a: 'one\n "two" \\n"', b: '1' },
  },
  { name: 'the last of several values', text: 'a = 1\na = 2', expected: { a: '2' } },
  {
    name: 'objects merged',
    text: 'a {b = 1, c {d = 1}}\na {c {e = 2}}\na.f = 3',
    expected: { a: { b: '1', c: { d: '1', e: '2' }, f: '3' } },
  },
  {
    name: 'an object replaced by a value and the other way round',
    text: 'a {b = 1}\na = 2\nc = 1\nc {d = 2}',
    expected: { a: '2', c: { d: '2' } },
  },
  {
    name: 'more for an array, through a merge too',
    text: 'a {l = [1]}\na {l += 2}\na.l += 3\nm += 1',
    expected: { a: { l: ['1', '2', '3'] }, m: ['1'] },
  },
  {
    name: 'null, which is nothing',
    text: 'a = 1\na = null\nb = "null"\nc = [null, 1]',
    expected: { b: 'null', c: ['1'] },
  },
  {
    name: 'a reference to a value before and behind it',
    text: 'a = ${b.c}\nb.c = 1\nd = ${b}',
    expected: { a: '1', b: { c: '1' }, d: { c: '1' } },
  },
  { name: 'references between words', text: 'a = 1\nb = "x"${a}-${a}y', expected: { a: '1', b: 'x1-1y' } },
  { name: 'no reference inside quotes', text: 'a = "${b}"', expected: { a: '${b}' } },
  {
    name: 'a reference through a reference',
    text: 'a {b = 1}\nc = ${a}\nd = ${c.b}',
    expected: { a: { b: '1' }, c: { b: '1' }, d: '1' },
  },
  {
    name: 'the environment behind the configuration',
    text: 'a = ${HOME}\nb = ${c}\nc = 1',
    expected: { a: '/root', b: '1', c: '1' },
    environment: { HOME: '/root', c: '2' },
  },
  {
    name: 'an optional reference to nothing',
    text: 'a = ${?X}\nb = "p"${?X}"q"\nc = [${?X}, 1]',
    expected: { b: 'pq', c: ['1'] },
  },
  {
    name: 'a value that an optional reference may replace',
    text: 'a = 1\na = ${?A}\nb = 1\nb = ${?B}\nb = ${?C}',
    expected: { a: '2', b: '1' },
    environment: { A: '2' },
  },
  {
    name: 'an object on top of a reference',
    text: 'a {x = 1, y {z = 1}}\nb = ${a}\nb {x = 2, y.w = 3}',
    expected: { a: { x: '1', y: { z: '1' } }, b: { x: '2', y: { z: '1', w: '3' } } },
  },
  { name: 'a key named include', text: 'include = 1', expected: { include: '1' } },
];

t.test('HOCON is read in all its promised forms', async (t) => {
  for (const { name, text, expected, environment } of forms) t.strictSame(read(text, environment), expected, name);
});

t.test('any JSON means the same as in JSON, scalars as texts', async () => {
  const key = fc.string({ unit: 'binary', minLength: 1 }).filter((one) => one !== '__proto__');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.string({ unit: 'binary' }), tie('array'), tie('object')),
    array: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true }), fc.nat(4), (json, indent) => {
      return isDeepStrictEqual(read(JSON.stringify(json, undefined, indent)), json);
    }),
    { numRuns: 150 },
  );
});

t.test('every value knows where it stands', async (t) => {
  const root = tree('# first\nmqtt {\n  a = 1, b = """x\ny""", c = [ 2 ]\n}\nd.e = ${mqtt.a}');
  const places: string[] = [];
  const visit = (name: string, node: HoconNode): void => {
    places.push(`${name} ${node.at.line}:${node.at.column}`);
    if (node.kind === 'array') for (const [index, item] of node.items.entries()) visit(`${name}.${index}`, item);
    if (node.kind === 'object') for (const [key, { value }] of node.entries) visit(`${name}.${key}`, value);
  };
  visit('', root);
  const expected = [' 1:1', '.mqtt 2:1', '.mqtt.a 3:7', '.mqtt.b 3:14', '.mqtt.c 4:11', '.mqtt.c.0 4:13', '.d 6:1'];
  t.strictSame(places, [...expected, '.d.e 3:7'], 'a reference stands where its value does');
});

const nested = (open: string, close: string, levels: number): string =>
  `a=${open.repeat(levels)}${close.repeat(levels)}`;
const wrong: readonly (readonly [name: string, text: string, fault: string])[] = [
  ['a string without end', 'a = 1\nb = "x\n', `2:5: found a string without end; expected a closing "`],
  ['a long string without end', 'b = """x\n', `1:5: found a string without end; expected a closing """`],
  ['an unknown escape', 'a = "\\q"', String.raw`1:7: found \q; expected one of \" \\ \/ \b \f \n \r \t \uXXXX`],
  ['a wrong code point', 'a = "\\u12g4"', String.raw`1:7: found \u12g4; expected four hexadecimal digits`],
  ['a reference without end', 'a = ${b', '1:5: found a reference without end; expected a closing }'],
  ['an object without end', 'a {\n b = 1', '2:7: found the end of the file; expected a closing }'],
  ['an array without end', 'a = [1', '1:7: found the end of the file; expected a closing ]'],
  ['a brace too many', 'a = 1\n}', "2:1: found '}'; expected the end of the file"],
  ['a value behind a value', 'a = {} b', "1:8: found 'b'; expected a comma or the end of the line behind the value"],
  [
    'an equals sign in a value',
    'a = b = c',
    "1:7: found '='; expected a comma or the end of the line behind the value",
  ],
  ['no value', 'a = }', "1:5: found '}'; expected a value"],
  ['no key', '= 1', "1:1: found '='; expected a key"],
  [
    'a key alone, whose value is not told',
    'password "s3cret"\n',
    "1:18: found the end of the line; expected '=' or '{' behind the key",
  ],
  [
    'an include of something else',
    'include url("x")',
    '1:1: found include url(); expected include "file" or include file("file")',
  ],
  [
    'a reference to nothing',
    'a = [${b.c}]',
    '1:6: ${b.c}: expected a key of this configuration or a variable of the environment',
  ],
  [
    'what every object inherits',
    'a = ${toString}',
    '1:5: ${toString}: expected a key of this configuration or a variable of the environment',
  ],
  ['a text made of an object', 'a {}\nb = x${a}', '2:6: ${a}: expected a text to put between other texts'],
  ['a circle', 'a = ${b}\nb = x${a}', '2:6: ${a}: expected a value; this reference goes round in a circle'],
  [
    'a circle through an object',
    'a { b = ${a} }',
    '1:9: ${a}: expected a value; this reference goes round in a circle',
  ],
  [
    '100 objects too many',
    nested('{a=', '}', 101).replace('}', '1}'),
    '1:303: found too many levels; expected at most 100 inside each other',
  ],
  [
    '100 arrays too many',
    nested('[', ']', 101),
    '1:103: found too many levels; expected at most 100 inside each other',
  ],
  ['a long path', `${'a.'.repeat(50_000)}a = 1`, '1:1: found 50001 levels; expected at most 100'],
  [
    'a deep tree of paths',
    `${`${'a.'.repeat(60)}a {`.repeat(2)}}}`,
    '1:124: expected at most 100 levels inside each other',
  ],
];

t.test('what is no HOCON is told with its place and what was expected', async (t) => {
  for (const [name, text, fault] of wrong) t.equal(faultsOf(text), `a.conf:${fault}`, name);
  t.equal(faultsOf('a = ${x}\nb = ${y}').split('\n').length, 2, 'all references to nothing are told at once');
  t.ok(faultsOf(`${'x'.repeat(1_000_000)}`).length < 300, 'what was found is shortened');
});

t.test('texts that grow by references, or go on for ever, end in an error and at once', async (t) => {
  const doubled = (form: string): string =>
    Array.from({ length: 30 }, (_, index) => `a${index + 1} = ${form.replaceAll('@', `\${a${index}}`)}`).join('\n');
  t.match(faultsOf(`a0 = x\n${doubled('[@, @]')}`), /bring in at most 100000 values in all/);
  t.match(faultsOf(`a0 = x\n${doubled('@@')}`), /a text of at most 1048576 characters/);
  const chain = Array.from({ length: 1000 }, (_, index) => `a${index} = \${a${index + 1}}`).join('\n');
  t.match(faultsOf(`${chain}\na1000 = 1`), /at most 16 references that lead to each other/);
  t.match(faultsOf('a = ${?b}\n'.repeat(1000)), /at most 100 levels/);
  t.match(faultsOf('b = ${a}\nb { x = ${b.y}, z = ${b.y}, w = ${b.y} }\na.y = 1'), /expected a key/);
});

t.test('a change beside a reference changes nothing else', async (t) => {
  const root = tree('a { l = [1] }\nb = ${a}\nc = ${a.l}\nb { l += 2 }');
  t.strictSame(plain(root), { a: { l: ['1'] }, b: { l: ['2'] }, c: ['1'] });
});

const pieces = [
  'a',
  '.',
  '{',
  '}',
  '[',
  ']',
  '=',
  ':',
  ',',
  '+=',
  '"',
  '"""',
  '\\',
  '\\u',
  '#',
  '//',
  '\n',
  ' ',
  '${',
  '${?',
  '${a}',
];
const words = [
  '${a.b}',
  'include',
  'file(',
  ')',
  'null',
  '1',
  'true',
  '__proto__',
  'constructor',
  '\0',
  '\ud800',
  '\ufeff',
  'é',
];

t.test('no text makes it fail with anything but an error of the configuration', async () => {
  const soup = fc.array(fc.constantFrom(...pieces, ...words), { maxLength: 40 }).map((all) => all.join(''));
  const property = fc.property(fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
    faultsOf(text, { a: 'x' });
    const places = (() => {
      try {
        return new HoconLexer('a.conf', text).tokens().map(({ at }) => [at.line, at.column]);
      } catch (error) {
        if (error instanceof ConfigError) return [];
        throw error;
      }
    })();
    return places.every(([line = 0, column = 0]) => line >= 1 && column >= 1);
  });
  fc.assert(property, { numRuns: 4000 });
});
