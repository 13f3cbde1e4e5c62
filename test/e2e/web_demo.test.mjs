// ./dev run as somebody meets it: it prints the address of the pages, its link makes the first administrator, and the overview moves
// within ten seconds of being opened.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertSound, Browser, noBrowser, settled } from './browser.mjs';
import { root, trine, until } from './harness.mjs';
import { Children, kill } from '../../examples/demo/lib/processes.mjs';

const folder = mkdtempSync(join(tmpdir(), 'trine-web-demo-'));
const log = join(folder, 'out');
const children = new Children();
let demo, link, browser;

const printed = () => readFileSync(log, 'utf8');

before(async () => {
  if (noBrowser) return;
  demo = children.start('the demo', process.execPath, [join(root, 'examples/demo/run.mjs')], { log, env: { TRINE_BIN: trine } });
  link = await until(() => /The pages:\s+(http:\/\/127\.0\.0\.1:\d+\/setup#token=\S+)/.exec(printed())?.[1], 'the demo does not say where the pages are', 60_000, 100);
  browser = await Browser.start(new URL(link).origin, join(folder, 'shots'));
});
after(async () => {
  await browser?.end();
  if (demo) {
    kill(demo, 'SIGINT');
    await demo.exited;
  }
  rmSync(folder, { recursive: true, force: true });
});

test('the printed link makes the first administrator, and the overview moves within ten seconds', { skip: noBrowser }, async () => {
  await until(() => printed().includes('Ctrl-C stops everything.'), 'the documents do not come to an end', 120_000, 300);
  const page = await browser.open(new URL(link).pathname + new URL(link).hash);
  assert.equal(await page.$eval('input[name=token]', (i) => i.value), new URL(link).hash.slice('#token='.length));
  assert.equal(new URL(page.url()).hash, '', 'the token stays in the address');
  for (const name of ['password', 'again']) await page.type(`input[name=${name}]`, 'correct horse battery');
  await page.click('button[type=submit]');
  await page.waitForFunction(() => location.pathname === '/' && document.querySelector('main .tile .figure-value'));
  const opened = Date.now();
  await settled(page);
  // Both the stream of this second and the figures of the ledger.
  const shown = () => page.evaluate(() => [document.querySelector('.now')?.innerText, document.querySelector('.tiles')?.innerText]);
  const first = await shown();
  const moved = [false, false];
  await until(async () => {
    (await shown()).forEach((text, i) => { moved[i] ||= text !== undefined && text !== first[i]; });
    return moved.every(Boolean);
  }, `within ten seconds only these moved: now ${moved[0]}, the figures ${moved[1]}`, 10_000 - (Date.now() - opened), 200);
  await assertSound(page, 'the demo\'s overview');
  await page.browserContext().close();
});

test('it says how to sign in, and how to have it send nothing', { skip: noBrowser }, () => {
  assert.match(printed(), /first-run token in it: choose a password/);
  assert.match(printed(), /--quiet/);
});
