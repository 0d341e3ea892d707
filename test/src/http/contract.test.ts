// The API against its own document: every endpoint is in it, asks for the rights that it names, answers as it says, and
// takes any body without falling over.
import fc from 'fast-check';
import t from 'tap';
import * as v from 'valibot';
import { allEndpoints, pathOf } from '../../kit/api-endpoints.ts';
import { fixtureText } from '../../kit/fixtures.ts';
import { WebKit, webSection } from '../../kit/web.ts';

const config = `${webSection}
bridges.mqtt.site {
  server = "mqtt-tcp://10.0.0.2:1884"
  clientid = edge
  ledger { size = 10 }
  forwards = [ { local_topic = "a/#", remote_topic = "" } ]
}`;

t.test('every endpoint is in the document, with its role, its parameters and its bodies', async (t) => {
  const kit = await WebKit.start(config);
  const { body, status } = await kit.ask('GET /api/v1/openapi.json', {});
  t.equal(status, 200);
  t.match(body, { openapi: '3.1.0', components: { schemas: { Fault: {} } } });
  type Operations = Record<string, Record<string, Record<string, unknown>>>;
  const { paths } = body as { paths: Operations }; // as: it has just matched
  for (const one of await allEndpoints()) {
    const operation = paths[one.path.replaceAll(/:(\w+)/g, '{$1}')]?.[one.method.toLowerCase()];
    t.match(operation, { 'x-role': one.role, summary: one.summary }, `${one.method} ${one.path}`);
    t.equal(operation?.requestBody !== undefined, one.body !== undefined, 'body');
  }
  t.match(paths['/clients']?.get?.parameters, [{ name: 'page', in: 'query', required: false }]);
  t.match(paths['/tap']?.get?.parameters, [
    { name: 'filter', required: true },
    { name: 'qos', required: false },
  ]);
  await kit.close();
});

t.test('every endpoint asks for the rights that its document names', async (t) => {
  const kit = await WebKit.start(config);
  await kit.login();
  const keys = new Map<string, string>();
  for (const role of ['viewer', 'operator']) {
    const made = await kit.call('POST /api/v1/api-keys', { name: role, role });
    keys.set(role, (made.body as { key: string }).key); // as: made right before
  }
  let address = 0;
  for (const one of await allEndpoints()) {
    if (one.role === 'nobody') continue;
    const name = `${one.method} ${one.path}`;
    const line = `${one.method} ${pathOf(one)}`;
    const as = (authorization?: string): Promise<{ status: number }> =>
      kit.ask(line, {
        address: `10.1.0.${address++}`,
        ...(authorization === undefined ? {} : { headers: { authorization } }),
      });
    t.match(await as(), { status: 401, body: { code: 'ERR_HTTP_UNAUTHENTICATED' } }, `${name} without login`);
    t.match(await as('Bearer nonsense'), { status: 401 }, `${name} with a wrong token`);
    t.match(await as('Basic YWRtaW46YWRtaW4='), { status: 401 }, `${name} with user and password`);
    if (one.role !== 'viewer') t.match(await as(`Bearer ${keys.get('viewer')}`), { status: 403 }, `${name} as viewer`);
    if (one.role === 'admin')
      t.match(await as(`Bearer ${keys.get('operator')}`), { status: 403 }, `${name} as operator`);
  }
  await kit.close();
});

t.test('what can be read is as its document says', async (t) => {
  const kit = await WebKit.start(config);
  await kit.login();
  await kit.call('POST /api/v1/publish', { topic: 'x', payload: 'kept', retain: true });
  await kit.call('POST /api/v1/config/apply', { changes: { log: { level: 'warn' } } });
  for (const one of await allEndpoints()) {
    if (one.method !== 'GET' || one.reply === undefined || /\/:(clientid|sequence|id)$/.test(one.path)) continue;
    const answer = await kit.call(`GET ${pathOf(one)}`);
    t.equal(answer.status, 200, one.path);
    const checked = v.safeParse(one.reply, answer.body);
    t.same(
      checked.issues?.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`),
      undefined,
      one.path,
    );
  }
  await kit.close();
});

t.test('any body is either taken or refused with a reason, and nothing falls over', async (t) => {
  const kit = await WebKit.start(config);
  await kit.login();
  const endpoints = (await allEndpoints()).filter(
    ({ body, path }) => body !== undefined && path !== '/session/password',
  );
  const words = fc.constantFrom(
    'site',
    'a/#',
    '',
    '$secret',
    '__proto__',
    'mqtt-tcp://h:1',
    'enable',
    'bridges',
    'name',
  );
  const keys = [
    'name',
    'config',
    'changes',
    'topic',
    'username',
    'password',
    'role',
    'rules',
    'server',
    'bridges',
    '__proto__',
  ];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.jsonValue({ maxDepth: 2 }), words, tie('object')),
    object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 4 }),
  }));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...endpoints), value, async (one, body) => {
      const answer = await kit.change(`${one.method} ${pathOf(one)}`, JSON.stringify(body) ?? 'null');
      if (answer.status >= 500 && answer.status !== 502 && answer.status !== 503) {
        throw new Error(`${one.method} ${one.path} ${JSON.stringify(body)}: ${answer.status} ${answer.text}`);
      }
      if (answer.status >= 400) t.match(answer.body, { code: /^ERR_/, message: /./, path: /^/ });
    }),
    { numRuns: 150, seed: 7 },
  );
  await kit.close();
});

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  info: ['_info'],
  histogram: ['_bucket', '_count', '_sum'],
};

/** Samples that are not of the family above them, as its type wants them. */
function strays(text: string): readonly string[] {
  let [family, type] = ['', ''];
  return text.split('\n').filter((line) => {
    const [, name = '', kind = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== '') [family, type] = [name, kind];
    if (line === '' || line.startsWith('#')) return false;
    const sample = /^[a-z_]+/.exec(line)?.[0] ?? '';
    return !(suffixes[type] ?? []).some((suffix) => sample === family + suffix);
  });
}

t.test(
  'numbers for Prometheus are OpenMetrics, with every drop by its reason, behind a key if there is one',
  async (t) => {
    const kit = await WebKit.start(config);
    const { text, headers } = await kit.ask('GET /metrics', {});
    t.match(headers['content-type'], /openmetrics-text; version=1\.0\.0/);
    t.match(text, /^viaduct_bridge_up\{bridge="site"\} [01]$/m);
    t.match(text, /^viaduct_rule_received_total\{bridge="site",list="forwards",rule="0",filter="a\/#"\} \d+$/m);
    t.match(text, /^viaduct_bridge_dead_letters\{bridge="site"\} 0$/m);
    t.match(text, /^viaduct_lane_up\{bridge="site",lane="1"\} [01]$/m);
    t.ok(text.endsWith('# EOF\n'));
    const families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    t.equal(new Set(families).size, families.length, 'each family once');
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    t.ok(samples.every((line) => /^[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.e+-]+$/.test(line)));
    t.strictSame(strays(text), [], 'samples stand below their family, under a name that its type allows');
    await kit.close();
    const locked = await WebKit.start(config.replace('hosts =', 'metrics_key = "k3y", hosts ='));
    t.match(await locked.ask('GET /metrics', {}), { status: 401 });
    t.match(await locked.ask('GET /metrics', { headers: { authorization: 'Bearer k3y' } }), { status: 200 });
    await locked.close();
  },
);

t.test('the dashboard for Grafana asks only for numbers that there are', async (t) => {
  const kit = await WebKit.start(config);
  const { text } = await kit.ask('GET /metrics', {});
  const names = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
  const asked = fixtureText('grafana-dashboard.json').match(/(?:viaduct|process)_[a-z_]+(?=[[{"])/g) ?? [];
  t.ok(asked.length > 10);
  for (const name of asked) t.ok(names.has(name.replace(/_(?:total|bucket)$/, '')), name);
  await kit.close();
});
