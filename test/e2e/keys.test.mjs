// Teams and keys made and revoked while the gateway runs, and the log of who did it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { onGpu, report, Stack, trine, until } from './harness.mjs';

const stack = new Stack();
const identity = join(stack.folder, 'identity');
before(async () => {
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim'), onGpu('other', sim.url, 'sim')], (config) => { config.identity = { dir: identity }; });
});
after(() => stack.end());

const run = (...words) => {
  const done = spawnSync(trine, [...words, '-c', stack.configFile], { encoding: 'utf8' });
  return { status: done.status, out: done.stdout, err: done.stderr };
};
const create = (...more) => JSON.parse(run('keys', 'create', '--group', 'acme/billing/invoices', '--json', ...more).out);
const ask = (key, path = '/v1/chat/completions', model = 'sim') => stack.post(path,
  { model, max_tokens: 4, prompt: 'hello', messages: [{ role: 'user', content: 'hello' }] }, { headers: { authorization: `Bearer ${key}` } });
const works = async (key) => { const r = await ask(key); await r.text(); return r.status === 200; };

test('a key needs a group, and the sentence says how to make one', () => {
  const { status, err } = run('keys', 'create', '--group', 'acme/billing/invoices');
  assert.equal(status, 1);
  assert.match(err, /there is no group "acme\/billing\/invoices".*trine teams create/);
});

test('a new key works within a second, and its requests are booked to its project', async () => {
  assert.equal(run('teams', 'create', 'acme/billing/invoices').status, 0);
  const { id, key } = create('--label', 'batch');
  await until(() => works(key), 'the new key works', 2000);
  await until(async () => {
    const { rows } = await report(trine, stack.configFile, ['--by', 'key']);
    return rows.some((r) => r.name === id && r.requests >= 1);
  }, 'the report has the key', 5000);
});

test('a revoked key ends within a second, and every wrong key gets the same answer', async () => {
  const { id, key } = create();
  await until(() => works(key), 'the key works', 2000);
  assert.equal(run('keys', 'revoke', id, '--because', 'it leaked').status, 0);
  // By a clock that nobody sets; what the last answer took is not the gateway's to promise.
  const since = performance.now();
  let asked = since;
  await until(async () => {
    asked = performance.now();
    return !await works(key);
  }, 'the key is refused', 2000);
  assert.ok(asked - since < 1000, `${asked - since} ms`);
  const answers = [];
  for (const wrong of [key, key.slice(0, -1), `${key}A`, id, `trn_000000000000_${'A'.repeat(43)}`, 'trn_', 'sk-unknown']) {
    const r = await ask(wrong);
    const { request_id: _, ...error } = (await r.json()).error;
    answers.push(JSON.stringify([r.status, error]));
  }
  assert.equal(new Set(answers).size, 1, answers.join('\n'));
  assert.match(answers[0], /^\[401,.*invalid_api_key/);
});

test('a key does what it is for and nothing else', async () => {
  const { key } = create('--routes', 'sim', '--endpoints', 'chat');
  await until(() => works(key), 'the key works', 2000);
  const route = await ask(key, '/v1/chat/completions', 'other');
  assert.equal((await route.json()).error.code, 'route_not_allowed');
  const endpoint = await ask(key, '/v1/completions');
  assert.equal(endpoint.status, 403);
  assert.equal((await endpoint.json()).error.code, 'endpoint_not_allowed');
});

test('rotation overlaps: both keys work, then the new one alone', async () => {
  const old = create();
  await until(() => works(old.key), 'the key works', 2000);
  const fresh = JSON.parse(run('keys', 'rotate', old.id, '--overlap', '3s', '--json').out);
  await until(() => works(fresh.key), 'the new key works', 2000);
  assert.ok(await works(old.key), 'the old one still works');
  await until(async () => !await works(old.key), 'the old key has ended', 5000);
  assert.ok(await works(fresh.key));
});

test('a whole key on a command line is refused without being repeated', () => {
  const { key } = create();
  const { status, err } = run('keys', 'revoke', key);
  assert.equal(status, 2);
  assert.match(err, /rotate it/);
  assert.ok(!err.includes(key));
});

test('when a key was last used is kept, and lists never hold a secret', async () => {
  const { id, key } = create();
  await until(() => works(key), 'the key works', 2000);
  await stack.stopGateway();
  await stack.startGateway();
  assert.ok(await works(key), 'after a restart');
  const shown = JSON.parse(run('keys', 'show', id, '--json').out);
  assert.match(shown.last_used, /^20/);
  assert.ok(!run('keys', 'list').out.includes(key.slice(17)));
  const kept = readdirSync(identity, { recursive: true }).filter((f) => /\.|audit-/.test(f));
  for (const file of kept) assert.ok(!readFileSync(join(identity, file), 'latin1').includes(key.slice(17)), file);
});

test('a change of the table forgets no use of its keys', async () => {
  const { id, key } = create();
  await until(() => works(key), 'the key works', 2000);
  create();  // another table takes this one's place, long before the minute is over
  await until(() => JSON.parse(run('keys', 'show', id, '--json').out).last_used, 'the use is kept', 5000);
});

test('each change is in the audit log, which one changed byte betrays', () => {
  const shown = run('audit', 'show', '--json');
  const lines = JSON.parse(shown.out);
  const actions = lines.map((l) => l.action);
  for (const action of ['teams.create', 'keys.create', 'keys.revoke', 'keys.rotate']) assert.ok(actions.includes(action), action);
  assert.equal(lines.find((l) => l.action === 'keys.revoke').detail.because, 'it leaked');
  const whole = run('audit', 'verify', '--json');
  assert.equal(whole.status, 0);
  const { head } = JSON.parse(whole.out);
  assert.equal(run('audit', 'verify', '--head', head).status, 0);
  const file = join(identity, 'audit', 'audit-000001.jsonl');
  const bytes = readFileSync(file);
  const at = bytes.indexOf('keys.revoke');
  bytes[at] ^= 1;
  writeFileSync(file, bytes);
  const changed = run('audit', 'verify');
  assert.equal(changed.status, 1);
  assert.match(changed.err, /audit-000001\.jsonl:\d+: the line was changed/);
});
