// The dashboard in a browser: every page at phone and desktop width, light and dark, holds to the rules of
// accessibility that a machine can check, says nothing on the console, and asks for nothing beyond its own origin.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import t from 'tap';
import { openDashboard } from '../kit/dashboard-server.ts';
import { findProgram, needs } from '../kit/parts.ts';

const places = ['', 'bridges', 'bridges/cloud', 'bridges/historian', 'bridges/cloud/edit', 'bridges/new', 'clients'];
const others = ['subscriptions', 'retained', 'tap', 'access', 'certificates', 'configuration', 'logs', 'reference'];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Pages with tabs, and how many. */
const tabbed: readonly (readonly [place: string, tabs: number])[] = [
  ['bridges/cloud', 8],
  ['access', 5],
  ['configuration', 3],
];
const sizes = [
  { width: 1280, height: 800 },
  { width: 360, height: 740 },
] as const;
const looks = sizes.flatMap((size) => (['light', 'dark'] as const).map((colorScheme) => ({ ...size, colorScheme })));

t.setTimeout(240_000);

t.test('every page is accessible, silent and keeps to itself', needs('chromium'), async (t) => {
  const server = await openDashboard();
  const browser = await chromium.launch({ executablePath: findProgram('chromium') ?? '', args: ['--no-sandbox'] });
  t.teardown(async () => {
    await browser.close();
    server.close();
  });
  for (const { width, height, colorScheme } of looks) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.origin)) complaints.push(`a request to ${request.url()}`);
    });
    // as after a login in this browser
    await page.addInitScript("localStorage.setItem('viaduct.session', 'yes')");
    await page.goto(`${server.origin}/`);
    const check = async (place: string): Promise<void> => {
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      // by the debugger's door, since the policy of the page lets no script in
      if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(axe);
      const found = await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))`);
      t.strictSame(found, [], `#/${place} at ${width} px, ${colorScheme}`);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      t.ok(Number(overflow) <= 0, `#/${place} fits into ${width} px`);
    };
    const open = async (place: string): Promise<void> => {
      await page.goto(`${server.origin}/#/${place}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
    };
    for (const place of [...places, ...others]) {
      await open(place);
      await check(place);
    }
    for (const [place, tabs] of tabbed) {
      await open(place);
      t.equal(await page.getByRole('tab').count(), tabs);
      // the first one has just been looked at; the others are gone to by keyboard
      await page.getByRole('tab').first().focus();
      for (let at = 1; at < tabs; at++) {
        await page.keyboard.press('ArrowRight');
        await check(`${place}, tab ${at + 1}`);
      }
    }
    t.strictSame(complaints, []);
    await context.close();
  }
});

t.test(
  'the live feed goes on after a break where it was, and says meanwhile that it is broken',
  needs('chromium'),
  async (t) => {
    const server = await openDashboard();
    const browser = await chromium.launch({ executablePath: findProgram('chromium') ?? '', args: ['--no-sandbox'] });
    t.teardown(async () => {
      await browser.close();
      server.close();
    });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.addInitScript("localStorage.setItem('viaduct.session', 'yes')");
    await page.goto(`${server.origin}/`);
    const state = page.getByRole('banner').or(page.locator('header')).first();
    await state.getByText('Live', { exact: true }).waitFor();
    for (const breaks of [1, 2]) {
      server.breakFeeds();
      await state.getByText('Connection lost', { exact: false }).waitFor();
      await state.getByText('Live', { exact: true }).waitFor();
      t.equal(server.feeds.length, breaks + 1);
      t.match(server.feeds.at(-1)?.get('lastEventId'), /^\d+$/);
    }
  },
);

t.test('the pages are used by keyboard alone, and keep still for who asks them to', needs('chromium'), async (t) => {
  const server = await openDashboard();
  const browser = await chromium.launch({ executablePath: findProgram('chromium') ?? '', args: ['--no-sandbox'] });
  t.teardown(async () => {
    await browser.close();
    server.close();
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  await page.addInitScript("localStorage.setItem('viaduct.session', 'yes')");
  await page.goto(`${server.origin}/#/bridges/cloud`);
  await page.getByText('Connected to the remote broker.').waitFor();
  const focused = (): Promise<unknown> =>
    page.evaluate('document.activeElement.id || document.activeElement.textContent.trim()');
  t.equal(await focused(), 'cloud', 'whoever comes to a page is told its name');
  await page.getByRole('button', { name: 'Skip to the content' }).focus();
  await page.keyboard.press('Enter');
  t.equal(await focused(), 'main');
  await page.keyboard.press('Tab');
  t.equal(await focused(), 'Test connection');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('It does not work yet').waitFor();
  for (let presses = 0; presses < 6; presses++) {
    await page.keyboard.press('Tab');
    t.equal(
      await page.evaluate(
        "document.activeElement.closest('dialog') !== null || document.activeElement === document.body",
      ),
      true,
    );
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  t.equal(await focused(), 'Test connection', 'where one was before');
  await page.goto(`${server.origin}/#/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const moving = `document.getAnimations().filter((one) =>
    one.playState === 'running' && (one.effect?.getComputedTiming().iterations ?? 1) > 1).length`;
  t.equal(await page.evaluate(moving), 0, 'nothing moves by itself');
});
