// Teams, keys and the audit log over the admin port, by role, as docs/openapi-admin.yaml describes them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { onGpu, root, Stack, trine } from './harness.mjs';

const stack = new Stack();
const identity = join(stack.folder, 'identity');
const keys = {};  // by role
const run = (...words) => JSON.parse(spawnSync(trine, [...words, '--json', '--identity', identity], { encoding: 'utf8' }).stdout);

before(async () => {
  run('teams', 'create', 'acme/ops');
  for (const role of ['none', 'viewer', 'operator', 'admin']) keys[role] = run('keys', 'create', '--group', 'acme/ops', '--role', role);
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim')], (config) => { config.identity = { dir: identity, guard_admin_port: true }; });
});
after(() => stack.end());

const call = async (role, method, path, body) => {
  const headers = role ? { authorization: `Bearer ${keys[role]?.key ?? role}` } : {};
  const r = await fetch(stack.admin + path, { method, headers, body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body) });
  const text = await r.text();
  const d = described.find((x) => x.method === method && x.matches.test(path.split('?')[0]));
  if (d) {
    assert.ok(d.answers.includes(r.status), `${method} ${d.path} answered ${r.status}, which is not described: ${text}`);
    d.seen.add(r.status);
  }
  return { status: r.status, headers: r.headers, text, json: text.startsWith('{') ? JSON.parse(text) : null };
};
const chat = async (key) => {
  const r = await stack.post('/v1/chat/completions', { model: 'sim', max_tokens: 2, messages: [{ role: 'user', content: 'hello' }] },
    { headers: { authorization: `Bearer ${key}` } });
  await r.text();
  return r.status;
};
const audit = async (action) => (await call('admin', 'GET', `/v1/admin/audit?last=1000&action=${action}`)).json.data;

// The description, read as far as this file needs it. call() holds every answer in this file against it.
const described = [];
{
  let path = '';
  for (const line of readFileSync(join(root, 'docs/openapi-admin.yaml'), 'utf8').split(/^components:/m)[0].split('\n')) {
    const at = line.match(/^ {2}(\/\S+):$/), verb = line.match(/^ {4}(get|post|delete):$/);
    if (at) path = at[1];
    if (verb) {
      const matches = new RegExp(`^${path.replace('{path}', '.+').replace('{id}', '[^/]+')}$`);
      described.push({ path, method: verb[1].toUpperCase(), matches, answers: [], seen: new Set() });
    }
    if (/^ {6}x-role: /.test(line)) described.at(-1).role = line.split(': ')[1];
    const answer = line.match(/^ {8}'(\d+)':/);
    if (answer) described.at(-1).answers.push(Number(answer[1]));
  }
}

test('the description has every route of the program, and no other', () => {
  const source = readFileSync(join(root, 'src/gateway/admin/identity_calls.cc'), 'utf8');
  const routes = [...source.matchAll(/IdentityRoute\{"(\w+)",\s*"([^"]+)",\s*(\w+),/g)].map((m) => `${m[1]} ${m[2]} ${m[3].replace('_', '')}`);
  assert.equal(routes.length, 10);
  assert.deepEqual(described.map((d) => `${d.method} ${d.path} ${d.role}`).sort(), routes.sort());
});

test('a team and its key: made, in force at the answer, rotated, revoked, removed', async () => {
  const team = await call('admin', 'POST', '/v1/admin/teams', { path: 'acme/billing/invoices', routes: ['sim'], endpoints: ['chat'] });
  assert.equal(team.status, 201, team.text);
  assert.deepEqual(team.json.routes, ['sim']);
  assert.equal((await call('viewer', 'GET', '/v1/admin/teams/acme%2Fbilling%2Finvoices')).json.path, 'acme/billing/invoices');
  const made = await call('admin', 'POST', '/v1/admin/keys', { group: 'acme/billing/invoices', label: 'batch', expires: '90d' });
  assert.equal(made.status, 201, made.text);
  const { id, key } = made.json;
  assert.equal(await chat(key), 200, 'at once');
  const shown = await call('viewer', 'GET', `/v1/admin/keys/${id}`);
  assert.equal(shown.json.label, 'batch');
  assert.ok(!shown.text.includes(key.slice(17)), 'no secret');
  const listed = await call('viewer', 'GET', '/v1/admin/keys?group=acme/billing&last=1');
  assert.deepEqual(listed.json.data.map((k) => k.id), [id]);
  assert.equal((await call('viewer', 'GET', '/v1/admin/keys?last=1')).json.more, true);

  const fresh = await call('operator', 'POST', `/v1/admin/keys/${id}/rotate`, { overlap: '1h' });
  assert.equal(fresh.status, 201, fresh.text);
  assert.equal(await chat(fresh.json.key), 200);
  assert.equal(await chat(key), 200, 'within the overlap');
  assert.equal((await call('operator', 'POST', `/v1/admin/keys/${id}/rotate`)).status, 409, 'once only');
  assert.equal((await call('admin', 'DELETE', '/v1/admin/teams/acme/billing')).status, 409, 'its keys work');
  for (const k of [id, fresh.json.id]) {
    const r = await call('operator', 'POST', `/v1/admin/keys/${k}/revoke`, { because: 'test' });
    assert.equal(r.json.state, 'revoked', r.text);
  }
  assert.equal(await chat(key), 401, 'at once');
  assert.equal(await chat(fresh.json.key), 401);
  assert.equal((await call('admin', 'DELETE', '/v1/admin/teams/acme/billing')).json.removed, 'acme/billing');
  assert.equal((await call('viewer', 'GET', '/v1/admin/teams/acme/billing')).status, 404);

  const lines = await audit('');
  for (const action of ['teams.create', 'keys.create', 'keys.rotate', 'keys.revoke', 'teams.remove'])
    assert.ok(lines.some((l) => l.action === action && l.outcome === 'done' && l.address === '127.0.0.1' && l.actor.startsWith('key:trn_')), action);
  const rotate = lines.find((l) => l.action === 'keys.rotate' && l.outcome === 'done');
  assert.equal(rotate.actor, `key:${keys.operator.id}`);
  assert.equal(rotate.detail.role, 'operator');
  assert.ok(lines.some((l) => l.action === 'teams.remove' && l.outcome === 'failed'));
  assert.ok(!JSON.stringify(lines).includes(key.slice(17)));
});

test('what a role may not is refused, logged, and changes nothing', async () => {
  const order = ['none', 'viewer', 'operator', 'admin'];
  const fill = (path) => path.replace('{path}', 'acme').replace('{id}', keys.none.id);
  for (const d of described) {
    const below = order[order.indexOf(d.role) - 1];
    const r = await call(below, d.method, fill(d.path), d.method === 'POST' ? '{}' : undefined);
    assert.equal(r.status, 403, `${below} ${d.method} ${d.path}: ${r.text}`);
    assert.equal(r.json.error.code, 'role_not_allowed');
  }
  const mine = await call('operator', 'POST', `/v1/admin/keys/${keys.admin.id}/revoke`);
  assert.equal(mine.status, 403, 'a key with a role is an admin\'s affair');
  const lines = await audit('');
  for (const action of ['teams.list', 'teams.create', 'teams.remove', 'keys.list', 'keys.create', 'keys.revoke', 'keys.rotate', 'audit.show'])
    assert.ok(lines.some((l) => l.action === action && l.outcome === 'refused'), action);
  assert.ok(lines.some((l) => l.action === 'keys.revoke' && l.outcome === 'refused' && l.subject === `key ${keys.admin.id}`));
  assert.equal(await chat(keys.none.key), 200);
});

test('each path answers as described: good, malformed, unknown', async () => {
  const bad = [
    ['POST', '/v1/admin/teams', '{', 400, 'invalid_json'],
    ['POST', '/v1/admin/teams', '[]', 400, 'invalid_json'],
    ['POST', '/v1/admin/teams', '{"path":"acme","path":"b"}', 400, 'invalid_json'],
    ['POST', '/v1/admin/teams', '{}', 400, 'invalid_request'],
    ['POST', '/v1/admin/teams', '{"path":"acme","rotues":[]}', 400, 'invalid_request'],
    ['POST', '/v1/admin/teams', '{"path":"acme","endpoints":["chats"]}', 400, 'invalid_request'],
    ['POST', '/v1/admin/teams', '{"path":"acme","routes":[1]}', 400, 'invalid_request'],
    ['POST', '/v1/admin/teams', '{"path":"a/b/c/d"}', 400, 'invalid_request'],
    ['POST', '/v1/admin/teams', `{"path":"${'a'.repeat(20_000)}"}`, 413, 'body_too_large'],
    ['POST', '/v1/admin/keys', '{"group":"nobody"}', 404, 'not_found'],
    ['POST', '/v1/admin/keys', '{"group":"acme","role":"root"}', 400, 'invalid_request'],
    ['POST', '/v1/admin/keys', '{"group":"acme","expires":"2001-01-01"}', 400, 'invalid_request'],
    ['POST', '/v1/admin/keys', '{"group":"acme","label":"a\\nb"}', 400, 'invalid_request'],
    ['GET', '/v1/admin/keys?last=0', undefined, 400, 'invalid_request'],
    ['GET', '/v1/admin/keys?wat=1', undefined, 400, 'invalid_request'],
    ['GET', '/v1/admin/audit?last=1&last=2', undefined, 400, 'invalid_request'],
    ['GET', '/v1/admin/keys/trn_000000000001', undefined, 404, 'not_found'],
    ['POST', `/v1/admin/keys/${keys.none.key}/revoke`, undefined, 400, 'invalid_request'],
    ['GET', '/v1/admin/nothing', undefined, 404, 'not_found'],
    ['PUT', '/v1/admin/keys', undefined, 405, 'method_not_allowed'],
    ['DELETE', '/v1/admin/audit', undefined, 405, 'method_not_allowed'],
  ];
  for (const [method, path, body, status, code] of bad) {
    const r = await call('admin', method, path, body);
    assert.deepEqual([r.status, r.json.error.code], [status, code], `${method} ${path} ${body?.slice(0, 60)}: ${r.text}`);
    if (status === 405) assert.match(r.headers.get('allow'), /GET, HEAD/);
  }
  const lines = JSON.stringify(await audit(''));
  assert.ok(!lines.includes(keys.none.key.slice(17)), 'a whole key in a path is not written down');
  for (const d of described.filter((x) => x.method === 'GET')) {
    const path = d.path.replace('{path}', 'acme').replace('{id}', keys.none.id);
    assert.equal((await call('viewer', 'GET', path)).status, 200, path);
    assert.equal((await call('viewer', 'HEAD', path)).text, '');
  }
});

test('a guarded port: only /health is open', async () => {
  for (const path of ['/health', '/health/live', '/health/ready']) assert.equal((await call('', 'GET', path)).status, 200, path);
  for (const path of ['/', '/metrics']) {
    assert.equal((await call('', 'GET', path)).status, 401, path);
    assert.equal((await call('none', 'GET', path)).status, 403, path);
    assert.equal((await call('viewer', 'GET', path)).status, 200, path);
  }
  assert.equal((await call('', 'GET', '/v1/trine/requests/x')).status, 401);
});

test('each described path and method was seen to do what it is for', () => {
  for (const d of described) {
    const good = d.answers.filter((a) => a < 300);
    assert.equal(good.length, 1, d.path);
    assert.ok(d.seen.has(good[0]) && d.seen.has(403), `${d.method} ${d.path}: ${[...d.seen]}`);
  }
});

test('the log of all this is whole', () => {
  const done = spawnSync(trine, ['audit', 'verify', '--identity', identity], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
});

test('wrong keys get one answer; many of them get none for a while, and no more lines in the log', async () => {
  const { id } = keys.none;
  const wrong = ['sk-unknown', id, `trn_000000000000_${'A'.repeat(43)}`, keys.admin.key.slice(0, -1), 'eyJhbGciOiJub25lIn0.e30.'];
  // The tests before have used up some of the bound, so from some answer on it is 429.
  const answers = new Set();
  let limited = null;
  for (let i = 0; i < 60; ++i) {
    const r = await call(wrong[i % wrong.length], 'GET', '/v1/admin/keys');
    if (r.status === 429) limited = r; else answers.add(`${r.status} ${r.text}`);
  }
  assert.ok(answers.size <= 1, [...answers].join('\n'));
  for (const a of answers) assert.match(a, /^401 .*invalid_api_key/);
  assert.equal(limited?.json.error.code, 'rate_limited');
  assert.equal(limited.headers.get('retry-after'), '1');
  const denied = run('audit', 'show', '--last', '1000', '--action', 'admin.denied');
  assert.ok(denied.length >= 1 && denied.length < 40, `${denied.length} lines`);
  assert.equal(await chat(keys.none.key), 200, 'traffic goes on');
});
