// A key that searches for models meets a wall, an honest one beside it does not, and an operator can undo it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { key as honest, onGpu, Stack, trine, until } from './harness.mjs';

const stack = new Stack();
before(async () => {
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim')], (config) => { config.identity = { dir: join(stack.folder, 'identity') }; });
});
after(() => stack.end());

const run = (...words) => {
  const done = spawnSync(trine, [...words, '-c', stack.configFile], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
};
const ask = async (key, model = 'sim') => {
  const r = await stack.post('/v1/chat/completions', { model, max_tokens: 4, messages: [{ role: 'user', content: 'hello' }] },
    { headers: { authorization: `Bearer ${key}` } });
  const body = await r.json();
  return { status: r.status, code: body.error?.code, message: body.error?.message };
};

test('searching for models ends in a suspension that does not say why', async () => {
  run('teams', 'create', 'acme/red');
  const { id, key } = JSON.parse(run('keys', 'create', '--group', 'acme/red', '--json'));
  await until(async () => (await ask(key)).status === 200, 'the key works', 3000);
  // All at once: a slowed key waits two seconds for each.
  await Promise.all(Array.from({ length: 90 }, (_, i) => ask(key, `model-${i}`)));
  const refused = await until(async () => {
    const a = await ask(key);
    return a.status === 403 && a;
  }, 'the key is suspended', 15_000);
  assert.equal(refused.code, 'key_suspended');
  assert.doesNotMatch(refused.message, /model/i);
  assert.equal((await ask(honest)).status, 200, 'an honest key beside it');

  const list = JSON.parse(run('abuse', 'list', '--json'));
  assert.deepEqual(list.map((w) => [w.key, w.level]).sort(), [['address 127.0.0.1', 'flagged'], [id, 'suspended']].sort());
  const watched = list.find((w) => w.key === id);
  assert.equal(watched.level, 'suspended');
  assert.deepEqual(watched.reasons, ['unknown model']);

  await stack.stopGateway('SIGKILL');
  await stack.startGateway();
  await until(async () => (await ask(key)).status === 403, 'a restart forgets no suspension', 3000);

  run('abuse', 'clear', id, '--because', 'a test of ours');
  await until(async () => (await ask(key)).status === 200, 'the undo is in force', 3000);
  run('abuse', 'clear', 'address 127.0.0.1', '--because', 'a test of ours');
  await until(() => run('abuse', 'list').trim() === 'No key is under watch.', 'the source is cleared too', 3000);

  run('abuse', 'suspend', id, '--because', 'asked for by its team');
  await until(async () => (await ask(key)).status === 403, 'an operator suspends', 3000);

  // The same on the admin port, for a key that may look there.
  const viewer = JSON.parse(run('keys', 'create', '--group', 'acme/red', '--role', 'viewer', '--json'));
  const look = async (path) => (await fetch(stack.admin + path, { headers: { authorization: `Bearer ${viewer.key}` } }));
  await until(async () => (await look('/v1/ui/requests')).status === 200, 'a viewer looks', 3000);
  run('abuse', 'suspend', viewer.id, '--because', 'a test of ours');
  for (const path of ['/v1/ui/requests', '/v1/admin/keys']) {
    const refused = await until(async () => { const r = await look(path); return r.status === 403 && r; }, `${path} is closed to it`, 3000);
    assert.equal((await refused.json()).error.code, 'key_suspended', path);
  }

  const actions = JSON.parse(run('audit', 'show', '--action', 'abuse', '--json')).map((l) => [l.action, l.actor.split(':')[0]]);
  for (const expected of [['abuse.flagged', 'system'], ['abuse.suspended', 'system'], ['abuse.order.clear', 'local'], ['abuse.cleared', 'local']]) {
    assert.ok(actions.some((a) => a.join() === expected.join()), `${expected} in ${JSON.stringify(actions)}`);
  }
  assert.equal(JSON.parse(run('audit', 'verify', '--json')).whole, true);
});
