// Who may see the pages: the first administrator, passwords, keys made and revoked in the browser, and what the audit log has of it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assertSound, Browser, noBrowser, settled } from './browser.mjs';
import { onGpu, Stack, until } from './harness.mjs';

const stack = new Stack();
const password = 'correct horse battery';
let browser, page;

before(async () => {
  if (noBrowser) return;
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim')], (config) => { config.identity = { dir: join(stack.folder, 'identity') }; });
  browser = await Browser.start(stack.admin, join(process.env.TRINE_BUILD_DIR ?? 'build/release', 'web-pictures'));
  page = await browser.open('/budgets');
});
after(async () => {
  await browser?.end();
  await stack.end();
});

const heading = () => page.$eval('h1', (h) => h.textContent);
const fill = async (values) => {
  for (const [name, value] of Object.entries(values)) {
    await page.$eval(`[name="${name}"]`, (input) => { input.value = ''; });
    await page.type(`[name="${name}"]`, value);
  }
};
const submit = (within = '.sign-in') => page.click(`${within} button[type="submit"]`);
const alertText = () => page.waitForSelector('[role="alert"]').then((a) => a.evaluate((e) => e.innerText));
// What a refusal logs in the console is no fault of the page.
const forgive = (status) => { page.faults = page.faults.filter((f) => !f.includes(`status of ${status}`)); };
const asks = async (key) => (await fetch(`${stack.traffic}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status;
const row = (label) => page.$$eval('table tr', (trs, text) => trs.find((tr) => tr.innerText.includes(text))?.innerText ?? '', label);

describe('signing in', { skip: noBrowser, concurrency: 1 }, () => {
  test('begins with the first-run token of the log, and a wrong one is refused', async () => {
    assert.equal(await heading(), 'Set up the first administrator');
    await assertSound(page, 'setup');
    const token = /first-run token (\S+)/.exec(stack.gatewayLog(200))?.[1];
    assert.ok(token, stack.gatewayLog(200));
    await fill({ token: 'not-the-token', user: 'admin', password, again: password });
    await submit();
    assert.match(await alertText(), /token/);
    forgive(401);
    await fill({ token, user: 'admin', password, again: `${password}!` });
    await submit();
    await until(async () => (await alertText()).includes('differ'), 'two passwords that differ are taken');
    await fill({ token, user: 'admin', password, again: password });
    await submit();
    await until(async () => await heading() === 'Budgets and keys', 'the page that was asked for does not come');
  });

  test('leaves a cookie that no script can read', async () => {
    const [cookie] = await page.cookies();
    assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict', JSON.stringify(cookie));
    assert.equal(await page.evaluate(() => document.cookie), '');
  });

  let key;
  test('lets an administrator make a key, which works at once', async () => {
    await settled(page);
    await page.click('.card-actions .button-main');
    await page.waitForSelector('dialog[open]');
    await assertSound(page, 'the dialog of a new key');
    await fill({ group: 'acme/tests', label: 'from the pages' });
    await submit('dialog');
    key = await (await page.waitForSelector('.secret')).evaluate((s) => s.innerText.trim());
    await page.click('dialog .popover-foot button');
    await until(async () => (await row('from the pages')).includes('works'), 'the key is not in the table');
    await until(async () => await asks(key) === 200, 'the key does not work');
  });

  test('lets them revoke it, and both are in the audit log', async () => {
    await page.click('[aria-label^="Revoke"]');
    await fill({ because: 'no longer needed' });
    await submit('dialog');
    await until(async () => (await row('from the pages')).includes('revoked'), 'the key is not revoked');
    assert.equal(await asks(key), 401);
    const revoked = await row('no longer needed');
    assert.match(revoked, /local:admin[\s\S]*revoke[\s\S]*done/);
  });

  test('ends with a sign-out, and wants the password again', async () => {
    await page.click('.nav-who .link-button');
    await until(async () => await heading().catch(() => '') === 'Sign in', 'no sign-in page');
    await fill({ user: 'admin', password: 'a wrong password' });
    await submit();
    await alertText();
    forgive(401);
    await fill({ user: 'admin', password });
    await submit();
    await until(async () => await heading() === 'Overview', 'the right password does not open the pages');
    await settled(page);
    assert.deepEqual(page.faults, []);
  });
});
