// The pictures in docs/images, of the real pages on a company's traffic (web_company.mjs). An ordinary run makes sure that those
// which the documents show are there and small; with TRINE_UPDATE_SCREENSHOTS=1 they are made anew, which takes six minutes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assertSound, Browser, noBrowser, settled, signedIn } from './browser.mjs';
import { root } from './harness.mjs';
import { Company, noFastClock } from './web_company.mjs';

const images = join(root, 'docs/images');
const mostBytes = 150_000;
const update = process.env.TRINE_UPDATE_SCREENSHOTS === '1';
const skip = !update ? 'skipped: TRINE_UPDATE_SCREENSHOTS=1 makes the pictures anew' : noBrowser || noFastClock || (existsSync('/usr/bin/pngquant') ? false : 'skipped: no pngquant; apt-get install pngquant');

describe('the pictures of the documents', () => {
  test('are there, all of them, each under 150 kB', { skip: update && 'skipped: they are made anew' }, () => {
    const shown = ['README.md', 'docs/web.md'].flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/\((?:docs\/)?images\/([\w-]+\.png)\)/g)].map((m) => m[1]));
    assert.ok(shown.length >= 8, shown.join());
    assert.deepEqual(readdirSync(images).sort(), [...new Set(shown)].sort(), 'pictures there, and pictures shown');
    for (const name of shown) assert.ok(statSync(join(images, name)).size < mostBytes, `${name} is too large`);
  });
});

describe('pictures', { skip }, () => {
  const company = new Company({ hours: Number(process.env.TRINE_SCREENSHOT_HOURS ?? 5.7) });
  let browser, cookie;
  before(async () => {
    mkdirSync(images, { recursive: true });
    await company.start();
    await company.work(() => company.json('decide', '--best', '--by', 'ada', '--because', 'the pilot of the first hours'));
    await company.stayOn();
    company.json('decisions', 'review');
    company.makeKeys();
    cookie = await signedIn(company.admin, join(company.folder, 'gateway.log'));
    browser = await Browser.start(company.admin, images);
  }, { timeout: 900_000 });
  after(async () => {
    await browser?.end();
    await company.end();
  });

  const found = async (query) => (await (await fetch(`${company.admin}/v1/ui/requests?since=6h&${query}`, { headers: { cookie } })).json()).requests;
  // The charts of the last seconds need some of them.
  const lively = (page) => new Promise((done) => setTimeout(done, 15_000)).then(() => settled(page));

  const pages = {
    overview: { path: '/?range=6h', then: lively, height: 1000 },
    'overview-dark': { path: '/?range=6h', theme: 'dark', then: lively, height: 1000 },
    'overview-narrow': { path: '/?range=6h', width: 390, height: 1000, then: lively },
    derivation: { path: '/?range=6h', then: (page) => page.click('main .figure-button[aria-label^="Energy: "]'), height: 760 },
    workloads: { path: '/workloads?range=6h', width: 1440, height: 800 },
    grid: { path: '/grid', height: 1000 },
    fleet: { path: '/fleet', width: 1440, theme: 'dark', then: lively, height: 900 },
    decisions: { path: '/decisions', height: 1000 },
    request: { path: async () => `/requests/${(await found('outcome=ok&workload=code-review'))[5].id}`, height: 900 },
    'request-blocked': { path: async () => `/requests/${(await found('outcome=refused&error=content_blocked'))[1].id}`, height: 640 },
    guard: { path: '/guard?range=6h', height: 900 },
    budgets: { path: '/budgets', height: 800 },
  };
  for (const [name, { path, theme, width = 1280, height = 800, then }] of Object.entries(pages)) {
    test(name, async () => {
      const page = await browser.open(typeof path === 'function' ? await path() : path, { theme, width, height, cookie });
      await then?.(page);
      const picture = await browser.shoot(page, name, height);
      // 256 colours are all that a page has, but for the edges of letters.
      execFileSync('pngquant', ['--force', '--strip', '--ext', '.png', '256', picture]);
      assert.ok(statSync(join(images, `${name}.png`)).size < mostBytes, 'too large');
      await assertSound(page, name);
      await page.browserContext().close();
    });
  }
});
