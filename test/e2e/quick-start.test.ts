// The quick start as a new user walks it, with the real program and mosquitto as the remote: log in, make a bridge in
// the wizard, test it, save it, publish in the tap, pull the plug, see the queue grow, and see it drain.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Locator, type Page } from 'playwright-core';
import t from 'tap';
import { freePort, Mosquitto, untilListening } from '../kit/mosquitto.ts';
import { findProgram, needs } from '../kit/parts.ts';

/** What mosquitto_sub prints of the first messages at the remote. */
async function heardBy(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return text;
}

const programs = ['chromium', 'mosquitto', 'mosquitto_sub'];

async function publish(page: Page, topic: string, payload: string): Promise<void> {
  await page.getByLabel('Topic', { exact: true }).fill(topic);
  await page.getByRole('textbox', { name: 'Payload' }).fill(payload);
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByText('Taken', { exact: false }).first().waitFor();
}

/** What is wrong, odd or made of a topic appears while one types, and goes when it is mended. */
async function warnedWhileTyping(page: Page): Promise<void> {
  const rule = (number: number): Locator => page.getByRole('group', { name: `Rule ${number}` });
  const filterOf = (number: number, name = /Local filter/): Locator => rule(number).getByLabel(name);
  const aside = page.getByRole('complementary', { name: 'Check and preview' });
  const warning = (path: string): Locator => aside.locator('.notice.warn', { hasText: path });
  const add = (): Promise<void> => page.getByRole('button', { name: 'Add rule' }).click();

  await add();
  await filterOf(2).fill('a/#');
  await rule(2).locator('.preview').getByText('a/line1/temperature').first().waitFor();
  await add();
  await filterOf(3).fill('a/+');
  await warning('forwards.2').waitFor();
  await filterOf(3).fill('b/+');
  await warning('forwards.2').waitFor({ state: 'detached' });
  await rule(3).locator('.preview').getByText('b/unit2').first().waitFor();
  await filterOf(3).fill('b/#/c');
  await rule(3).getByRole('alert').waitFor();
  await rule(3).locator('.preview').waitFor({ state: 'detached' });
  for (const number of [3, 2]) await page.getByRole('button', { name: `Remove rule ${number}` }).click();

  await page.getByRole('tab', { name: /Subscriptions/ }).click();
  await add();
  await filterOf(1, /Remote filter/).fill('fwd/+');
  await filterOf(1, /Local topic/).fill('$1');
  await rule(1).locator('.preview').getByText('unit2').last().waitFor();
  await rule(1).getByText('More for this rule').click();
  await rule(1).getByLabel('Not what we sent ourselves').click();
  await warning('forwards.0').waitFor();
  await filterOf(1, /Local topic/).fill('down/$1');
  await warning('forwards.0').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Remove rule 1' }).click();
  await page.getByRole('tab', { name: /Forwards/ }).click();
}

t.setTimeout(240_000);

t.test('a new user bridges a site, pulls the plug and loses nothing', needs(...programs), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-quick-start-'));
  const [port, httpPort] = [await freePort(), await freePort()];
  const config = join(folder, 'site.conf');
  const lines = [
    `listeners.tcp { bind = "127.0.0.1:${port}" }`,
    `http_server { port = ${httpPort}, password = "public" }`,
    `data.dir = "${folder}/data"`,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const remote = await Mosquitto.start();
  const site = spawn(process.execPath, ['build/src/app/main.js', 'start', '--config', config], { stdio: 'ignore' });
  const browser = await chromium.launch({ executablePath: findProgram('chromium') ?? '', args: ['--no-sandbox'] });
  t.teardown(async () => {
    await browser.close();
    site.kill('SIGKILL');
    await remote.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  await untilListening(httpPort);
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const at = (place: string): string => `http://127.0.0.1:${httpPort}/#/${place}`;

  await page.goto(at(''));
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill('public');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('Present password').fill('public');
  await page.getByLabel('New password', { exact: true }).fill('a better one');
  await page.getByLabel('New password, again').fill('a better one');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('No bridges yet').waitFor();

  await page.goto(at('bridges/new'));
  await page.getByLabel(/^Name/).fill('cloud');
  await page.getByLabel(/Address of the remote/).fill(`mqtt-tcp://127.0.0.1:${remote.port}`);
  await page.getByRole('tab', { name: /Forwards/ }).click();
  await page.getByRole('button', { name: 'Add rule' }).click();
  await page.getByLabel(/Local filter/).fill('topic1');
  await page.getByLabel(/Remote topic/).fill('fwd/topic1');
  await page.locator('.rule .preview').getByText('fwd/topic1').waitFor();
  await warnedWhileTyping(page);
  await page.getByRole('button', { name: 'Test connection' }).click();
  await page.getByText('Everything works').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('button', { name: 'Review and save' }).click();
  const difference = page.getByRole('dialog').locator('.diff');
  await difference.getByText(`server = "mqtt-tcp://127.0.0.1:${remote.port}"`).waitFor();
  await difference.getByText('remote_topic = "fwd/topic1"').waitFor();
  await page.getByRole('button', { name: 'Save bridge' }).click();
  await page.getByText('Connected to the remote broker.').waitFor();

  const subscribe = (...more: readonly string[]): Promise<string> => {
    const args = [
      '-p',
      String(remote.port),
      '-t',
      'fwd/#',
      '-q',
      '1',
      '-i',
      'listener',
      '-c',
      '-v',
      '-W',
      '30',
      ...more,
    ];
    return heardBy(spawn('mosquitto_sub', args, { stdio: ['ignore', 'pipe', 'ignore'] }));
  };
  const listen = (count: number): Promise<string> => subscribe('-C', String(count));
  // its session is there before anything is sent, and survives the remote's end
  await subscribe('-E');
  const first = listen(1);
  await page.goto(at('tap'));
  await page.getByRole('button', { name: 'Listen' }).click();
  await page.getByText('Listening', { exact: true }).waitFor();
  await publish(page, 'topic1', '{"hello":1}');
  await page.getByRole('article').first().waitFor();
  t.match((await page.getByRole('article').first().textContent()) ?? '', /topic1/);

  t.equal(await first, 'fwd/topic1 {"hello":1}\n', 'it arrives at mosquitto');

  await remote.stop();
  await page.goto(at('bridges/cloud'));
  await page.getByText('The remote broker cannot be reached.').waitFor();
  await page.goto(at('tap'));
  for (const number of [1, 2, 3, 4, 5]) await publish(page, 'topic1', String(number));
  await page.goto(at('bridges/cloud'));
  const waiting = page.locator('.figures > div', { hasText: 'Waiting' });
  await waiting.getByText('5', { exact: true }).waitFor();
  await page.getByRole('tab', { name: /Waiting/ }).click();
  await page
    .getByRole('row', { name: /fwd\/topic1/ })
    .nth(4)
    .waitFor();
  await page.getByRole('button', { name: 'fwd/topic1', exact: true }).first().click();
  await page.getByRole('dialog').getByText('1', { exact: true }).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).first().click();
  // the last one goes, the one before is set aside, gets another topic, and waits again
  await page.getByRole('button', { name: 'Drop fwd/topic1' }).last().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click();
  await waiting.getByText('4', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Set fwd/topic1 aside' }).last().click();
  await waiting.getByText('3', { exact: true }).waitFor();
  await page.getByRole('tab', { name: 'Undelivered' }).click();
  await page.getByRole('button', { name: 'fwd/topic1', exact: true }).click();
  await page.getByRole('dialog').getByText('4', { exact: true }).waitFor();
  await page.getByLabel('Another topic for the remote').fill('fwd/mended');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByText('The message has another topic.').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).first().click();
  await page.getByRole('button', { name: 'Queue fwd/mended again' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Queue again' }).click();
  await page.getByText('Everything could be delivered').waitFor();
  await waiting.getByText('4', { exact: true }).waitFor();
  await page.getByRole('tab', { name: 'Traffic' }).click();
  await remote.restart();
  const rest = listen(4);
  await page.getByText('Connected to the remote broker.').waitFor();
  await waiting.getByText('0', { exact: true }).waitFor();
  await page.getByText('balanced').waitFor();
  t.equal(await rest, 'fwd/topic1 1\nfwd/topic1 2\nfwd/topic1 3\nfwd/mended 4\n', 'all of it, in order');
  t.match(
    (await page.locator('.law .sum').textContent()) ?? '',
    /7\s*in[\s\S]*5\s*delivered[\s\S]*0\s*queued[\s\S]*2\s*dropped/,
  );

  // the very first change of a configuration, which has nothing before it in the history
  await page.goto(at('configuration'));
  await page.getByRole('tab', { name: 'Change' }).click();
  await page.getByLabel(/Keys to set/).fill('{"mqtt":{"max_mqueue_len":77}}');
  await page.getByRole('button', { name: 'Show what changes' }).click();
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.getByText('A change is on trial', { exact: false }).waitFor();
  await page.getByRole('button', { name: 'Roll back' }).click();
  await page.getByText('A change is on trial', { exact: false }).waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'In effect' }).click();
  await page.getByText('listeners.tcp.bind').waitFor();
  t.equal(await page.getByText('mqtt.max_mqueue_len').count(), 0, 'taken back');
  await page.goto(at('access'));
  await page.getByRole('tab', { name: 'API keys' }).click();
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel(/Name of the key/).fill('grafana');
  await page.getByRole('button', { name: 'Make the key' }).click();
  t.match((await page.locator('dialog pre').first().textContent()) ?? '', /^vk_/);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByRole('row', { name: /grafana/ }).waitFor();
  await page.getByRole('tab', { name: 'Access rules' }).click();
  await page.getByLabel(/Rules as JSON/).fill('[{"permit":"allow","action":"pubsub","topics":["#"]}]');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The rules are in effect.').waitFor();
  t.strictSame(complaints, []);
});
