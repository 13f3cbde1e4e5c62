// Tokens of an OpenID provider in place of keys; the provider is this test's own, on loopback.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { onGpu, report, Stack, trine, until } from './harness.mjs';

const stack = new Stack();
const b64 = (data) => Buffer.from(data).toString('base64url');
const keys = new Map();
let asked = 0;
const provider = createServer((request, response) => {
  const issuer = `http://127.0.0.1:${provider.address().port}`;
  if (request.url === '/.well-known/openid-configuration') return response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
  asked += 1;
  return response.end(JSON.stringify({ keys: [...keys].map(([kid, { publicKey }]) => ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' })) }));
});

const addKey = (kid) => keys.set(kid, generateKeyPairSync('ec', { namedCurve: 'P-256' }));
function token(kid, claims = {}, header = {}) {
  const now = Math.floor(Date.now() / 1000);
  const text = `${b64(JSON.stringify({ alg: 'ES256', kid, ...header }))}.${b64(JSON.stringify({
    iss: `http://127.0.0.1:${provider.address().port}`, aud: 'trine', sub: 'alice', groups: ['llm'], iat: now, exp: now + 300, ...claims,
  }))}`;
  return `${text}.${b64(sign('sha256', Buffer.from(text), { key: keys.get(kid).privateKey, dsaEncoding: 'ieee-p1363' }))}`;
}

before(async () => {
  await new Promise((done) => provider.listen(0, '127.0.0.1', done));
  addKey('one');
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim'), onGpu('other', sim.url, 'sim')], (config) => {
    config.oidc = [{
      issuer: `http://127.0.0.1:${provider.address().port}`,
      audiences: ['trine'],
      internal: ['127.0.0.0/8'],
      groups: [{ value: 'llm', org: 'acme', team: 'billing', project: 'invoices', routes: ['sim'] }],
    }];
  });
});
after(async () => {
  await stack.end();
  await new Promise((done) => provider.close(done));
});

const ask = async (bearer, model = 'sim') => {
  const r = await stack.post('/v1/chat/completions', { model, max_tokens: 4, messages: [{ role: 'user', content: 'hello' }] },
    { headers: { authorization: `Bearer ${bearer}` } });
  const body = await r.json();
  return { status: r.status, code: body.error?.code };
};

test('a token works, for what its group may do, and is booked to its project', async () => {
  await until(async () => (await ask(token('one'))).status === 200, 'the token works', 5000);
  assert.deepEqual(await ask(token('one'), 'other'), { status: 403, code: 'route_not_allowed' });
  await until(async () => {
    const { rows } = await report(trine, stack.configFile, ['--by', 'key']);
    return rows.some((r) => r.name === `oidc:alice@127.0.0.1:${provider.address().port}` && r.requests >= 1);
  }, 'the report has its subject', 5000);
});

test('what is wrong with a token is not told', async () => {
  const forged = token('one').slice(0, -6) + 'AAAAAA';
  const none = `${b64('{"alg":"none"}')}.${token('one').split('.')[1]}.`;
  const bad = [forged, none, token('one', { aud: 'other' }), token('one', { exp: Math.floor(Date.now() / 1000) - 120 }),
    token('one', { iss: 'https://evil.example' }), token('one', { groups: ['others'] }), token('one', {}, { kid: 'made-up' }),
    token('one', {}, { alg: 'HS256' })];
  for (const t of bad) assert.deepEqual(await ask(t), { status: 401, code: 'invalid_api_key' });
});

test('a flood of made-up kids does not reach the provider', async () => {
  const before = asked;
  await Promise.all(Array.from({ length: 200 }, (_, i) => ask(token('one', {}, { kid: `made-up-${i}` }))));
  assert.ok(asked - before <= 1, `${asked - before} look-ups`);
});
