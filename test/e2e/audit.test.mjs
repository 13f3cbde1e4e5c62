// What the audit log holds of a running gateway: reloads, and what the traffic port refused, by the minute.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { onGpu, Stack, trine, until } from './harness.mjs';

const stack = new Stack();
before(async () => {
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim')], (config) => {
    config.identity = { dir: join(stack.folder, 'identity') };
    config.keys.push({ id: 'poor', secret: 'sk-poor' });
    config.budgets = [{ for: { key: 'poor' }, eur: 0 }];
  });
});
after(() => stack.end());

const run = (...words) => spawnSync(trine, [...words, '-c', stack.configFile], { encoding: 'utf8' });
const lines = (action) => JSON.parse(run('audit', 'show', '--action', action, '--json').stdout);
const hash = () => createHash('sha256').update(readFileSync(stack.configFile)).digest('hex');
const ask = async (key, content = 'hello') => {
  const r = await stack.post('/v1/chat/completions', { model: 'sim', max_tokens: 4, messages: [{ role: 'user', content }] },
    { headers: { authorization: `Bearer ${key}` } });
  await r.text();
  return r.status;
};

test('a reload is a line, accepted or refused, with the hash of the file and no secret', async () => {
  const first = hash();
  stack.writeConfig({ ...stack.config, log: { level: 'warning' } });
  const second = hash();
  process.kill(stack.gatewayProcess.pid, 'SIGHUP');
  await until(() => lines('config.reload').length === 1, 'the reload is written', 5000);
  writeFileSync(stack.configFile, readFileSync(stack.configFile, 'utf8').replace('"routes"', '"rutes"'));
  const third = hash();
  process.kill(stack.gatewayProcess.pid, 'SIGHUP');
  // `trine audit` needs a configuration that can be read.
  const broken = readFileSync(stack.configFile);
  await until(async () => (await ask('sk-e2e-0123456789')) === 200, 'the old configuration serves', 5000);
  const log = join(stack.folder, 'identity/audit/audit-000001.jsonl');
  await until(() => readFileSync(log, 'utf8').includes(third), 'the refusal is written', 5000);
  stack.writeConfig(stack.config);
  const [accepted, refused] = lines('config.reload');
  assert.deepEqual([accepted.outcome, accepted.detail.sha256_before, accepted.detail.sha256], ['done', first, second]);
  assert.deepEqual([refused.outcome, refused.detail.sha256_before, refused.detail.sha256], ['refused', second, third]);
  assert.match(refused.detail.because, /trine\.yaml:\d+:\d+: .*rutes/);
  assert.match(accepted.actor, /^local:/);
  assert.ok(broken.includes('sk-e2e') && !readFileSync(log, 'utf8').includes('sk-e2e'));
});

test('floods of refusals are a line each, with their count, and the chain is whole', async () => {
  const key = `trn_000000000000_${'A'.repeat(43)}`;
  for (let i = 0; i < 4; i += 1) await Promise.all(Array.from({ length: 25 }, () => ask(key)));
  await Promise.all(Array.from({ length: 5 }, () => ask('sk-poor')));
  await ask('sk-e2e-0123456789', [{ type: 'image_url', image_url: { url: 'https://evil.example/' } }]);
  const flagged = await until(() => {
    const found = lines('abuse.flagged');
    return found.length > 0 && found;
  }, 'the source is flagged for the operator', 10_000);
  assert.deepEqual(flagged.map((l) => l.subject), ['address 127.0.0.1']);
  assert.match(run('abuse', 'list').stdout, /address 127\.0\.0\.1 +flagged/);
  assert.equal(await ask('sk-e2e-0123456789'), 200, 'honest people behind it are served as before');

  await stack.stopGateway();  // what the present minute has is written at the end
  const traffic = lines('traffic');
  assert.deepEqual(traffic.map((l) => [l.action, l.actor, l.address, l.detail.count]).sort(), [
    ['traffic.budget', 'key:poor', '127.0.0.1', '5'],
    ['traffic.invalid_key', 'client', '127.0.0.1', '100'],
    ['traffic.url_refused', 'key:e2e', '127.0.0.1', '1'],
  ]);
  assert.ok(!JSON.stringify(traffic).includes('AAAA'));
  assert.equal(run('audit', 'verify').status, 0);
  const log = join(stack.folder, 'identity/audit/audit-000001.jsonl');
  writeFileSync(log, readFileSync(log, 'utf8').replace('"count":"100"', '"count":"101"'));
  assert.equal(run('audit', 'verify').status, 1);
});
