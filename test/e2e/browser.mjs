// A real browser for the tests of the pages: every page that it opens is watched, and what it does wrong fails the test.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { until } from './harness.mjs';

const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const program = candidates.find((path) => path && existsSync(path));
export const noBrowser = program ? false : 'skipped: no chromium; ./dev setup test installs Debian\'s, or set CHROMIUM';

const axeSource = program && readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export class Browser {
  static async start(origin, shots) {
    const browser = new Browser();
    browser.origin = origin;
    browser.shots = shots;
    mkdirSync(shots, { recursive: true });
    browser.chromium = await puppeteer.launch({
      executablePath: program,
      // What a fresh profile would fetch from its maker is no doing of the pages; in a container of root there is no sandbox.
      args: ['--no-sandbox', '--disable-gpu', '--disable-component-update', '--disable-background-networking', '--no-first-run', '--hide-scrollbars'],
    });
    return browser;
  }

  async end() { await this.chromium?.close(); }

  // A page at `path` in a fresh profile. `faults` fills with errors of the console, violations of the content security policy,
  // failed and foreign requests.
  async open(path, { theme = 'light', width = 1440, height = 900, cookie } = {}) {
    const context = await this.chromium.createBrowserContext();
    const page = await context.newPage();
    page.faults = [];
    page.on('console', (m) => { if (m.type() === 'error') page.faults.push(`console: ${m.text()}`); });
    page.on('pageerror', (e) => page.faults.push(`error: ${e.message}`));
    page.on('request', (r) => {
      const to = new URL(r.url());
      if (!['data:', 'blob:'].includes(to.protocol) && to.origin !== this.origin) page.faults.push(`request to ${to.origin}`);
    });
    page.on('requestfailed', (r) => { if (!r.url().endsWith('/v1/ui/live') && r.failure()?.errorText !== 'net::ERR_ABORTED') page.faults.push(`failed: ${r.url()} ${r.failure()?.errorText}`); });
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.evaluateOnNewDocument(() => {
      document.addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`));
    });
    for (const c of cookie?.split('; ') ?? []) await page.setCookie({ name: c.slice(0, c.indexOf('=')), value: c.slice(c.indexOf('=') + 1), url: this.origin });
    await page.goto(this.origin + path, { waitUntil: 'load' });
    await settled(page);
    return page;
  }

  // Keeps a picture of the whole page, as long as it is, or of its first `upTo` pixels.
  async shoot(page, name, upTo = 4000) {
    const { width } = page.viewport();
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewport({ width, height: Math.min(upTo, Math.max(900, height)) });
    await frames(page);
    const path = join(this.shots, `${name}.png`);
    await page.screenshot({ path });
    return path;
  }
}

// Nothing is being read any more, and there is something to see.
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.state-loading'), { timeout: 60_000 });
  await frames(page);
}

const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))));

// What no page may have: see each message.
export async function assertSound(page, what) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${what}: the page is ${wide} px wider than the window`);
  const overlaps = await page.evaluate(findOverlaps);
  assert.deepEqual(overlaps, [], `${what}: texts lie on each other`);
  const empty = await page.evaluate(() => [...document.querySelectorAll('.plot-host')].filter((host) => {
    const canvas = host.querySelector('canvas');
    if (!canvas || canvas.width === 0) return true;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    return colours.size < 2;
  }).map((host) => host.getAttribute('aria-label')));
  assert.deepEqual(empty, [], `${what}: charts without a line`);
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => (await axe.run({ resultTypes: ['violations'] })).violations
    .map((v) => `${v.id}: ${v.help} at ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(', ')}`));
  assert.deepEqual(violations, [], `${what}: axe`);
  assert.deepEqual(page.faults, [], what);
}

// Runs in the page: pairs of texts whose boxes overlap by more than a hair.
function findOverlaps() {
  const walker = document.createTreeWalker(document.querySelector('main') ?? document.body, NodeFilter.SHOW_TEXT);
  const boxes = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || element.closest('.hidden-text, option, svg, .tooltip, script')) continue;
    if (element.checkVisibility && !element.checkVisibility()) continue;
    const clip = element.closest('.table-scroll, pre')?.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const r of range.getClientRects()) {
      if (r.width < 1 || (clip && (r.left >= clip.right || r.right <= clip.left || r.top >= clip.bottom || r.bottom <= clip.top))) continue;
      boxes.push({ text: node.textContent.trim().slice(0, 40), l: r.left, r: r.right, t: r.top + r.height * 0.25, b: r.bottom - r.height * 0.25 });
    }
  }
  const found = [];
  for (let i = 0; i < boxes.length; ++i) {
    for (let j = i + 1; j < boxes.length; ++j) {
      const a = boxes[i], b = boxes[j];
      if (Math.min(a.r, b.r) - Math.max(a.l, b.l) > 2 && Math.min(a.b, b.b) - Math.max(a.t, b.t) > 1) found.push(`${a.text} / ${b.text}`);
    }
  }
  return found.slice(0, 5);
}

// Makes the first administrator with the token of the gateway's latest start in its log; the cookie of his session.
export async function signedIn(admin, log) {
  const token = [...readFileSync(log, 'utf8').matchAll(/first-run token (\S+)/g)].at(-1)[1];
  const made = await fetch(`${admin}/v1/ui/setup`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token, user: 'admin', password: 'correct horse battery' }),
  });
  assert.equal(made.status, 201);
  return made.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
}

// Numbers on the page that no click leads from to a derivation: figures, and right-aligned cells of tables.
export const numbersWithout = (page) => page.evaluate(() => {
  const inside = (e) => e.closest('.figure-button, .plot, .panel, a, button') !== null;
  const figures = [...document.querySelectorAll('main .figure-value')].filter((e) => !inside(e)).map((e) => e.textContent);
  const cells = [...document.querySelectorAll('main td.right, main .facts dd, main .bars-shown, main .tile-value')]
    .filter((e) => !e.closest('.plot') && !e.querySelector('.figure-button, a, code'))
    .map((e) => e.textContent.trim())
    .filter((text) => /^[−+×]? ?\d[\d,]*(\.\d+)?( \S+)?$/.test(text));
  return [...figures, ...cells];
});

// The accessible names of figures begin with their label: "Energy: 12.3 Wh, show where it comes from".
export async function figure(page, label, within = 'main') {
  const texts = await page.$$eval(`${within} .figure-button`, (all) => all.map((b) => b.getAttribute('aria-label')));
  const found = texts.find((t) => t?.startsWith(`${label}: `));
  assert.ok(found, `no figure ${label} among ${texts.join(' | ')}`);
  return found.slice(label.length + 2).replace(', show where it comes from', '').trim();
}

const factors = {
  mJ: 1e-3, J: 1, Wh: 3600, kWh: 3.6e6, MWh: 3.6e9, 'µgCO2e': 1e-6, mgCO2e: 1e-3, gCO2e: 1, kgCO2e: 1e3, tCO2e: 1e6, 'µEUR': 1e-6, mEUR: 1e-3, EUR: 1,
  'mJ/tok': 1e-3, 'J/tok': 1, 'µEUR/Mtok': 1e-6, 'mEUR/Mtok': 1e-3, 'EUR/Mtok': 1, 'g/Mtok': 1, 'kg/Mtok': 1e3, tok: 1, ktok: 1e3, Mtok: 1e6, '': 1,
};

// "1,234.5 kWh" must be `value` (in J, g, EUR, ...) as far as its digits say.
export function assertShows(text, value, what) {
  const found = /^(−?[\d,]+(?:\.(\d+))?) ?(\S*)$/.exec(text);
  assert.ok(found, `${what}: "${text}" is no number with a unit`);
  const factor = factors[found[3]];
  assert.ok(factor, `${what}: unit ${found[3]}`);
  const shown = Number(found[1].replaceAll(',', '').replace('−', '-'));
  const last = 10 ** -(found[2]?.length ?? 0);
  assert.ok(Math.abs(shown - value / factor) <= last * 0.5 + Math.abs(shown) * 1e-9, `${what}: the page says ${text}, the report ${value / factor} ${found[3]}`);
}

// The lines of a CSV file that a click on the page saves.
export async function savedCsv(page, folder, button) {
  mkdirSync(folder, { recursive: true });
  const before = new Set(readdirSync(folder));
  const session = await page.createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder, browserContextId: page.browserContext().id });
  await button.click();
  const name = await until(() => readdirSync(folder).find((n) => !before.has(n) && n.endsWith('.csv')), 'no file was saved');
  return readFileSync(join(folder, name), 'utf8').trim().split('\r\n').map((line) => line.split(','));
}
