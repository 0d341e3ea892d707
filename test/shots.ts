// `npm run shots`: pictures of every page, at phone and desktop width, light and dark, into build/shots. They are
// for people to look at; nothing is compared.
import { mkdir } from 'node:fs/promises';
import process from 'node:process';
import { chromium, type Page } from 'playwright-core';
import { openDashboard } from './kit/dashboard-server.ts';

/** Every page, and what is done there before the picture is taken. */
const pages: readonly (readonly [name: string, hash: string, act?: (page: Page) => Promise<unknown>])[] = [
  ['overview', '#/'],
  ['bridges', '#/bridges'],
  ['bridge', '#/bridges/cloud'],
  ['bridge-down', '#/bridges/historian'],
  ['bridge-rules', '#/bridges/cloud', (page) => page.getByRole('tab', { name: /Rules/ }).click()],
  ['bridge-messages', '#/bridges/cloud', (page) => page.getByRole('tab', { name: /Messages|消息/ }).click()],
  ['wizard', '#/bridges/cloud/edit'],
  ['wizard-forwards', '#/bridges/cloud/edit', (page) => page.getByRole('tab', { name: /Forwards/ }).click()],
  ['wizard-test', '#/bridges/cloud/edit', (page) => page.getByRole('button', { name: 'Test connection' }).click()],
  ['clients', '#/clients'],
  ['subscriptions', '#/subscriptions'],
  ['retained', '#/retained'],
  ['tap', '#/tap', (page) => page.getByRole('button', { name: 'Listen' }).click()],
  ['access', '#/access'],
  ['keys', '#/access', (page) => page.getByRole('tab', { name: /API keys|API 密钥/ }).click()],
  ['acl', '#/access', (page) => page.getByRole('tab', { name: /Access rules/ }).click()],
  ['certificates', '#/certificates'],
  ['configuration', '#/configuration'],
  ['history', '#/configuration', (page) => page.getByRole('tab', { name: /History/ }).click()],
  ['logs', '#/logs'],
  ['reference', '#/reference'],
];

const wanted = process.argv.slice(2);
const server = await openDashboard();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
await mkdir('build/shots', { recursive: true });
for (const [size, width, height] of [
  ['desktop', 1360, 860],
  ['phone', 390, 844],
] as const) {
  for (const scheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    // as after a login in this browser; an empty page has no storage
    await page.addInitScript("if (location.origin !== 'null') localStorage.setItem('viaduct.session', 'yes')");
    page.on('console', (message) => {
      if (message.type() === 'error') console.log(`${size} ${scheme}: ${message.text()}`);
    });
    page.on('pageerror', (error) => console.log(`${size} ${scheme}: ${error.stack ?? error.message}`));
    const isWanted = (name: string): boolean =>
      wanted.length === 0 || wanted.includes(name) || wanted.includes(`${name}-${size}-${scheme}`);
    for (const [name, hash, act] of pages.filter(([one]) => isWanted(one))) {
      await page.goto('about:blank');
      await page.goto(`${server.origin}/${hash}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await act?.(page);
      await page.waitForTimeout(900);
      await page.screenshot({ path: `build/shots/${name}-${size}-${scheme}.png`, fullPage: true });
    }
    await context.close();
  }
}
await browser.close();
server.close();
