// What the server says, in the language of the reader: sentences with gaps are found, also inside each other, and every
// sentence that stands in the sources of the server has its Chinese. The sources are read, as translators do.
import t from 'tap';
import { speechOf } from '../../../src/dashboard/speech.ts';
import { en } from '../../../src/dashboard/text/en.ts';
import { zh } from '../../../src/dashboard/text/zh.ts';
import { zhJoints, zhSentences } from '../../../src/dashboard/text/zh-sentences.ts';
import { readTree } from '../../kit/source-tree.ts';

const say = speechOf(zhSentences, zhJoints);
const literal = '(\'(?:[^\'\\\\\\n]|\\\\.)*\'|"(?:[^"\\\\\\n]|\\\\.)*"|`(?:[^`\\\\\\n]|\\\\.)*`)';

/** Where sentences for people stand: which files, and what stands before the literal. */
const places: readonly (readonly [files: RegExp, before: string])[] = [
  [/^src\/(http|app\/management)\/(?!v4)/, "new HttpRefusal\\(\\s*'[A-Z_]+',\\s*"],
  [/^src\/(config|http)\/(?!v4)/, '(?=.expected )'],
  [/^src\/config\//, '\\b(?:kindOf|rate)\\(\\s*'],
  [/^src\/app\/management\/timelines/, "\\.add\\(\\w+, [^']*'?\\w+'?[^`']*,\\s*"],
  [/^src\/bridge\/(doctor|doctor-peer)\.ts$/, '\\b(?:remedy|detail)(?: =|:)\\s*'],
  [/^src\/bridge\/(remedies|link-trouble)\.ts$/, "(?:\\w|'|\\]):\\s+(?=.[^']* )"],
  [/^src\/bridge\/link-plan\.ts$/, '\\[(?:true|false), '],
  [/^src\/(bridge|ports\/node-(dial|proxy|service|command))/, "new LinkError\\(\\s*(?:'\\w+'|this\\.#phase),\\s*"],
  [/^src\/ports\/node-dial\.ts$/, '\\bE[A-Z]+: '],
  [/^protocol\/topic\//, 'new MappingFault\\(\\s*'],
  [/^protocol\/topic\/topic-(name|filter)\.ts$/, '(?:return|\\?) (?=.(?:is|has|holds) )'],
  [/^protocol\/connection\/client-connection\.ts$/, '\\bdetail = '],
];

interface Sentence {
  readonly file: string;
  readonly text: string;
}

function sentences(): readonly Sentence[] {
  const found: Sentence[] = [];
  const files = readTree(['src', 'protocol']);
  for (const [pattern, before] of places) {
    const places = files
      .filter(({ path }) => pattern.test(path))
      .flatMap(({ path, text }) =>
        [...text.matchAll(new RegExp(`${before}${literal}`, 'g'))].map(([, quoted = '']) => ({ file: path, quoted })),
      );
    t.ok(places.length > 0, `${pattern} with ${before} finds something`);
    for (const { file, quoted } of places) {
      const text = quoted
        .slice(1, -1)
        .replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, 'X')
        .replaceAll("\\'", "'");
      const isFragment = before.includes('kindOf');
      found.push({ file, text: isFragment ? `expected ${text}` : text });
    }
  }
  return found;
}

/** Whether every part of it is said in Chinese. */
function isSaid(text: string): boolean {
  return say(text) !== text;
}

t.test('a sentence with gaps is said in another language, with what stands in the gaps', async (t) => {
  t.equal(say('there is no bridge cloud'), '没有桥接 cloud');
  t.equal(
    say('no connection to h:1883: nobody listens on h:1883; 12 messages wait'),
    '未连接到 h:1883：h:1883 没有服务在监听；12 条消息等待',
  );
  t.equal(say('expected one of a, b'), '应为以下之一：a, b');
  t.equal(say('CN=plant: O=works; OU=x'), 'CN=plant: O=works; OU=x', 'what is no sentence stays as it is');
  t.equal(say('raise max_size; something new'), '请增大 max_size；something new');
});

t.test('every sentence that the server can say has its Chinese', async (t) => {
  const all = sentences();
  t.ok(all.length > 150, 'the sources are full of sentences');
  // two texts that are put together, each of which is said by itself
  const isJoint = (text: string): boolean => !/[a-z]{2}/.test(text) || text === 'the bridge X X';
  const missing = all.filter(({ text }) => !isJoint(text) && !isSaid(text)).map(({ file, text }) => `${file}: ${text}`);
  t.strictSame([...new Set(missing)], []);
});

t.test('a sentence and its Chinese have the same gaps', async (t) => {
  const gaps = (text: string): readonly string[] => (text.match(/(?<!\$)\{\w+\}/g) ?? []).sort();
  for (const [from, to] of Object.entries(zhSentences)) {
    const known = new Set(gaps(from));
    t.ok(
      gaps(to).every((gap) => known.has(gap)),
      from,
    );
    t.strictSame([...new Set(gaps(to))].sort(), [...known].sort(), from);
  }
});

/** The paths of all texts. */
function pathsOf(texts: object, under = ''): readonly string[] {
  return Object.entries(texts).flatMap(([name, text]) =>
    typeof text === 'object' && text !== null ? pathsOf(text, `${under}${name}.`) : [`${under}${name}`],
  );
}

t.test('every text of the pages is there in both languages, and none is empty or still English', async (t) => {
  t.strictSame(pathsOf(zh), pathsOf(en));
  const texts = (of: object): readonly unknown[] =>
    Object.values(of).flatMap((text: unknown) => (typeof text === 'object' && text !== null ? texts(text) : [text]));
  const [english, chinese] = [texts(en), texts(zh)];
  const same = english.filter(
    (text, place) => typeof text === 'string' && /[a-z]+ [a-z]+/.test(text) && chinese[place] === text,
  );
  t.strictSame(same, []);
});
