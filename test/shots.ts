// `npm run shots`: pictures of every page, at phone and desktop width, light and dark, in every language, into
// build/shots. They are
// for people to look at; nothing is compared.
import { mkdir } from 'node:fs/promises';
import process from 'node:process';
import { chromium, type Page } from 'playwright-core';
import { openDashboard } from './kit/dashboard-server.ts';

/** Chooses a tab by its place. */
const tab =
  (place: number): ((page: Page) => Promise<unknown>) =>
  (page) =>
    page.getByRole('tab').nth(place).click();
/** Presses a button, in either language. */
const press =
  (name: RegExp): ((page: Page) => Promise<unknown>) =>
  (page) =>
    page.getByRole('button', { name }).first().click();

/** Every page, and what is done there before the picture is taken. */
const pages: readonly (readonly [name: string, hash: string, act?: (page: Page) => Promise<unknown>])[] = [
  ['overview', '#/'],
  ['bridges', '#/bridges'],
  ['bridge', '#/bridges/cloud'],
  ['bridge-down', '#/bridges/historian'],
  ['bridge-rules', '#/bridges/cloud', tab(1)],
  ['bridge-queue', '#/bridges/cloud', tab(2)],
  ['bridge-letters', '#/bridges/cloud', tab(3)],
  ['bridge-replay', '#/bridges/cloud', tab(4)],
  ['bridge-messages', '#/bridges/cloud', tab(5)],
  ['bridge-timeline', '#/bridges/cloud', tab(6)],
  ['bridge-config', '#/bridges/cloud', tab(7)],
  ['wizard', '#/bridges/cloud/edit'],
  ['wizard-forwards', '#/bridges/cloud/edit', tab(1)],
  ['wizard-subscriptions', '#/bridges/cloud/edit', tab(2)],
  ['wizard-security', '#/bridges/cloud/edit', tab(3)],
  ['wizard-advanced', '#/bridges/cloud/edit', tab(4)],
  ['wizard-new', '#/bridges/new'],
  ['wizard-test', '#/bridges/cloud/edit', press(/Test connection|测试连接/)],
  ['clients', '#/clients'],
  ['subscriptions', '#/subscriptions'],
  ['subscriptions-list', '#/subscriptions', press(/^(List|列表)$/)],
  ['retained', '#/retained'],
  ['tap', '#/tap', press(/^(Listen|监听)/)],
  ['access', '#/access'],
  ['keys', '#/access', tab(1)],
  ['device-logins', '#/access', tab(2)],
  ['acl', '#/access', tab(3)],
  ['audit', '#/access', tab(4)],
  ['certificates', '#/certificates'],
  ['configuration', '#/configuration'],
  ['config-change', '#/configuration', tab(1)],
  ['history', '#/configuration', tab(2)],
  ['logs', '#/logs'],
  ['reference', '#/reference'],
];

const sizes = [
  ['desktop', 1360, 860],
  ['phone', 390, 844],
] as const;

/** Every look that a page has. */
const looks = sizes.flatMap(([size, width, height]) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    (['en', 'zh'] as const).map((language) => ({ size, width, height, scheme, language })),
  ),
);

const wanted = process.argv.slice(2);
const server = await openDashboard();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
await mkdir('build/shots', { recursive: true });
for (const { size, width, height, scheme, language } of looks) {
  const look = `${size}-${scheme}-${language}`;
  const asked = pages.filter(([name]) =>
    [name, look, `${name}-${look}`].some((one) => wanted.length === 0 || wanted.includes(one)),
  );
  if (asked.length === 0) continue;
  const viewport = { width, height };
  const context = await browser.newContext({ viewport, colorScheme: scheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  // as after a login in this browser; an empty page has no storage
  const remembered = [
    ['session', 'yes'],
    ['language', language],
  ].map(([name, value]) => `localStorage.setItem('viaduct.${name}', '${value}');`);
  await page.addInitScript(`if (location.origin !== 'null') { ${remembered.join(' ')} }`);
  page.on('console', (message) => {
    if (message.type() === 'error') console.log(`${look}: ${message.text()}`);
  });
  page.on('pageerror', (error) => console.log(`${look}: ${error.stack ?? error.message}`));
  for (const [name, hash, act] of asked) {
    await page.goto('about:blank');
    await page.goto(`${server.origin}/${hash}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await act?.(page);
    await page.waitForTimeout(700);
    await page.screenshot({ path: `build/shots/${name}-${look}.png`, fullPage: true });
  }
  await context.close();
}
await browser.close();
server.close();
