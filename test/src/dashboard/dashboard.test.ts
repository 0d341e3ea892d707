// The parts of the pages that are pure: how values are written, what a plan says, what changes between two texts,
// and how the form of a bridge finds its keys.
import fc from 'fast-check';
import t from 'tap';
import { isTlsAddress, sampleTopic } from '../../../src/dashboard/addresses.ts';
import { type BridgeStatus, stateOf, toneOf } from '../../../src/dashboard/bridge-words.ts';
import { linesOf, textAt, withValue } from '../../../src/dashboard/config-object.ts';
import { flatValues } from '../../../src/dashboard/config-values.ts';
import { diffOf, shortDiff } from '../../../src/dashboard/diff.ts';
import { formatOf } from '../../../src/dashboard/format.ts';
import { operationsOf } from '../../../src/dashboard/open-api.ts';
import { bestForm, payloadText } from '../../../src/dashboard/payload.ts';
import { planOf } from '../../../src/dashboard/planner.ts';
import { addressOf, parseRoute } from '../../../src/dashboard/route.ts';
import { parsedSize } from '../../../src/dashboard/sizes.ts';

t.test('values are short, and of the language', async (t) => {
  const { count, rate, bytes, span, relative, share } = formatOf('en');
  t.same([count(1234), count(5_840_000), rate(3.21), rate(0), rate(440)], ['1,234', '5.84M', '3.2', '0', '440']);
  t.same([bytes(0), bytes(999), bytes(1500), bytes(134_217_728)], ['0 B', '999 B', '1.5 kB', '134 MB']);
  t.same(
    [span(12), span(4200), span(65_000), span(3_600_000), span(97_200_000)],
    ['12 ms', '4.2 s', '1 min 5 s', '1 h', '1 d 3 h'],
  );
  t.same([relative(0, 5000), relative(185_000, 5000), share(0.074)], ['5 seconds ago', 'in 3 minutes', '7.4%']);
  t.equal(formatOf('zh').relative(0, 5000), '5秒钟前');
});

t.test('a plan tells which bound of the queue is met first, and that a slow link never drains', async (t) => {
  const input = {
    inRate: 10,
    outRateMax: 30,
    queueDepth: 100,
    queueBytes: 1000,
    queueCountMax: 1100,
    queueBytesMax: 1e6,
  };
  t.same(planOf({ ...input, messageBytes: 10 }), {
    outageMs: 100_000,
    bound: 'count',
    drainMs: 5000,
    fill: 100 / 1100,
  });
  t.match(planOf({ ...input, messageBytes: 1e5 }), { bound: 'bytes', outageMs: 999 });
  t.equal(planOf({ ...input, messageBytes: 10, outRateMax: 10 }).drainMs, Number.POSITIVE_INFINITY);
  t.equal(planOf({ ...input, messageBytes: 10, outRateMax: 0 }).drainMs, undefined);
  t.match(planOf({ ...input, messageBytes: 10, inRate: 0, queueDepth: 0 }), { outageMs: undefined, drainMs: 0 });
});

t.test('a difference leads from the one text to the other, and its short form tells every change', async (t) => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffOf(before, after);
      const side = (kind: 'cut' | 'add'): readonly string[] =>
        diff.filter((line) => line.kind === 'same' || line.kind === kind).map(({ text }) => text);
      t.strictSame([side('cut'), side('add')], [before, after]);
      const changed = (all: readonly { readonly kind: string }[]): number =>
        all.filter(({ kind }) => kind === 'add' || kind === 'cut').length;
      return changed(shortDiff(diff, 1)) === changed(diff);
    }),
    { numRuns: 200 },
  );
  t.equal(diffOf(['a', 'b', 'c'], ['a', 'c']).filter(({ kind }) => kind === 'cut').length, 1);
});

t.test('a key is set and taken out without touching the original', async (t) => {
  const config = { server: 'a', ssl: { sni: 'x' } };
  const changed = withValue(config, 'ssl.cacertfile', '/ca.pem');
  t.same(changed, { server: 'a', ssl: { sni: 'x', cacertfile: '/ca.pem' } });
  t.same(withValue(withValue(changed, 'ssl.cacertfile', ''), 'ssl.sni', undefined), { server: 'a' });
  t.same(config, { server: 'a', ssl: { sni: 'x' } });
  t.equal(textAt(changed, 'ssl.sni'), 'x');
  t.equal(textAt(changed, 'ssl'), '');
});

t.test('a configuration is written as lines, and its secrets are not', async (t) => {
  const config = { password: { $secret: true }, forwards: [{ local_topic: 'a/#', qos: '1' }] } as const;
  t.same(linesOf(config), [
    'password = ***',
    'forwards = [',
    '  {',
    '    local_topic = "a/#"',
    '    qos = 1',
    '  }',
    ']',
  ]);
  t.same(flatValues(config)[1], { path: 'forwards.0.local_topic', text: '"a/#"' });
});

t.test('a sample topic fits its filter', async (t) => {
  t.equal(sampleTopic('$share/g/a/+/#'), 'a/unit2/line1/temperature');
  t.same(['tls+mqtt-tcp://a', 'wss://a', 'mqtt-tcp://a', 'ws://a'].map(isTlsAddress), [true, true, false, false]);
  t.same([parsedSize('128MB'), parsedSize('1.5kb'), parsedSize('12 apples')], [134_217_728, 1536, undefined]);
});

t.test('a place survives its address, whatever it is called', async (t) => {
  const names = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 3 });
  fc.assert(
    fc.property(names, (path) => t.strictSame(parseRoute(addressOf(path)).path, path)),
    { numRuns: 100 },
  );
  t.same(parseRoute('#/a%zz?tab=rules'), { path: ['a%zz'], query: { tab: 'rules' } });
});

t.test('a payload is shown as what it is', async (t) => {
  const json = { encoding: 'text', data: '{"a":1}' } as const;
  t.same(
    [bestForm(json), bestForm({ encoding: 'text', data: '{a' }), bestForm({ encoding: 'base64', data: 'AA==' })],
    ['json', 'text', 'hex'],
  );
  t.equal(payloadText(json, 'json'), '{\n  "a": 1\n}');
  t.equal(payloadText({ encoding: 'base64', data: 'AEE=' }, 'text'), `0000  00 41${' '.repeat(42)}  ·A`);
});

t.test('an endpoint is told with what it takes and gives', async (t) => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' }, b: { $ref: '#/components/schemas/B' } },
    required: ['a'],
  };
  const content = { 'application/json': { schema } };
  const document = {
    paths: {
      '/x/{id}': { post: { parameters: [{ name: 'id', in: 'path', required: true }], requestBody: { content } } },
    },
    components: { schemas: { B: { enum: [1, 2] } } },
  };
  const [operation] = operationsOf(document);
  t.match(operation, {
    method: 'post',
    path: '/x/{id}',
    parameters: [{ name: 'id', place: 'path', isRequired: true }],
  });
  t.equal(operation?.body, '{\n  a: string\n  b?: 1 | 2\n}');
});

t.test('a bridge that is not connected because that is planned is no bridge in trouble', (t) => {
  const waiting = (kind: 'planned' | 'connect') => {
    const link = { state: 'waiting', since: 0, retryAt: 0, error: '', kind } as const;
    const status = { link } as BridgeStatus; // as: the rest does not matter here
    return { mode: 'running', status } as const;
  };
  t.same([stateOf(waiting('planned')), toneOf(waiting('planned'))], ['planned', 'info']);
  t.same([stateOf(waiting('connect')), toneOf(waiting('connect'))], ['waiting', 'bad']);
  t.equal(stateOf({ ...waiting('planned'), mode: 'paused' }), 'paused');
  t.end();
});
