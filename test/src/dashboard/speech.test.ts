// What the server says, in the language of the reader: sentences with gaps are found, also inside each other, and every
// sentence that stands in the sources of the server has its Chinese. The sources are read, as translators do.
import t from 'tap';
import { loadConfig } from '../../../src/config/load.ts';
import { speechOf } from '../../../src/dashboard/speech.ts';
import { en } from '../../../src/dashboard/text/en.ts';
import { zh } from '../../../src/dashboard/text/zh.ts';
import { zhJoints, zhSentences } from '../../../src/dashboard/text/zh-sentences.ts';
import { allEndpoints } from '../../kit/api-endpoints.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';
import { readTree } from '../../kit/source-tree.ts';

const say = speechOf(zhSentences, zhJoints);
const literal = '(\'(?:[^\'\\\\\\n]|\\\\.)*\'|"(?:[^"\\\\\\n]|\\\\.)*"|`(?:[^`\\\\\\n]|\\\\.)*`)';

/** Where sentences for people stand: which files, and what stands before the literal. */
const places: readonly (readonly [files: RegExp, before: string])[] = [
  [/^src\/(http|app\/management)\/(?!v4)/, "new HttpRefusal\\(\\s*'[A-Z_]+',\\s*"],
  [/^src\/(config|http)\/(?!v4)/, '(?=.expected )'],
  [/^src\/config\//, '\\b(?:kindOf|rate)\\(\\s*'],
  [/^src\/app\/management\/timelines/, "\\.add\\(\\w+, [^']*'?\\w+'?[^`']*,\\s*"],
  [/^src\/bridge\/doctor[\w-]*\.ts$/, '\\b(?:remedy|detail)(?: =|:)\\s*'],
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

/** Whether it is said in Chinese, and no part of it is left in English. */
function isSaid(text: string): boolean {
  const said = say(text);
  return said !== text && !/(?:\b[a-z]{2,}\b[ ,:;]+){3}/.test(said.replaceAll('npm run dashboard', ''));
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
  const isJoint = (text: string): boolean =>
    !/[a-z]{2}/.test(text) || /^(?:the bridge X X|X is X)|XX|\.\.\. X/.test(text);
  const missing = all.filter(({ text }) => !isJoint(text) && !isSaid(text)).map(({ file, text }) => `${file}: ${text}`);
  t.strictSame([...new Set(missing)], []);
});

/** Bridges about which there is much to be said. */
const odd = `
system { num_taskq_thread = 4 }
log { level = info, rotation { size = 10MB } }
mqtt { property_size = 32, retry_interval = 10s }
auth { cache { max_size = 10 } }
data { max_size = 16MB }
bridges.mqtt.a {
  server = "mqtt-tcp://h:1883", resend_interval = 5000, cancel_timeout = 5s, max_recv_queue_len = 10
  max_parallel_processes = 4, lane_order = "fixed", tcp { quickack = true, keepintvl = 10s }
  hybrid_servers = [ "mqtt-tcp://h2:1883" ], dead_letters { max_len = 0 }, rate_burst = 1s, messages_rate = 10/s
  budget { bytes = 1MB }, keepalive = 0s, connect_when { messages = 10 }
  forwards = [
    { local_topic = "x/#", remote_topic = "", qos = 1 }
    { local_topic = "x/+", remote_topic = "", change_only = true, dedupe_window = 60s, properties_3x = drop }
    { local_topic = "z/+", remote_topic = "", qos = 1, qos_0 = persist, messages_rate = 20/s }
  ]
  subscription = [
    { remote_topic = "#", local_topic = "", nolocal = false }
    { remote_topic = "a/+", local_topic = "b", qos = 1 }
  ]
}
bridges.mqtt.b {
  server = "mqtt-tcp://h:1883", clientid = "viaduct-a", proto_ver = 4, no_local_v4 = false
  on_refusal { quota_exceeded = drop }
  conn_properties { receive_maximum = 10 }
  forwards = [ { local_topic = "#", remote_topic = "" } ]
  subscription = [ { remote_topic = "#", local_topic = "" } ]
}
bridges.mqtt.c {
  server = "mqtt-tcp://x-ats.iot.eu-west-1.amazonaws.com:8883", keepalive = 10s, clientid = c, transparent = true
  forwards = [ { local_topic = "a/#", remote_topic = "1/2/3/4/5/6/7/8/9", qos = 2 } ]
  subscription = [ { remote_topic = "c", local_topic = "d", qos = 2 } ]
}
bridges.mqtt.d {
  server = "tls+mqtt-tcp://x.azure-devices.net:8883", clientid = d, max_parallel_processes = 2
  ssl { verify_peer = false }, no_local_v4 = true, proto_ver = 4
  subscription = [ { remote_topic = "$share/g/c", local_topic = "" } ]
}`;

t.test('every finding about a configuration full of them is said in Chinese', async (t) => {
  const disk = new MemoryDisk({ 'v.conf': odd });
  const { notes } = await loadConfig({ path: 'v.conf', disk, environment: {}, hostname: 'h' });
  t.ok(notes.length > 25, `${notes.length} findings`);
  t.strictSame([...new Set(notes.map(({ text }) => text).filter((text) => !isSaid(text)))], []);
});

t.test('every endpoint of the API says in Chinese what it does', async (t) => {
  const summaries = (await allEndpoints()).map(({ summary }) => summary);
  t.strictSame(
    summaries.filter((summary) => zhSentences[summary] === undefined),
    [],
  );
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
