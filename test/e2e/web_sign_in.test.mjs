// Signing in to the pages at an OpenID provider: authorization code and PKCE, against a provider of this test's own.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { onGpu, Stack, until } from './harness.mjs';

const stack = new Stack();
const b64 = (data) => Buffer.from(data).toString('base64url');
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const codes = new Map();  // code -> what the authorization asked for
let asked = null;         // the last question at the token endpoint
let tamper = {};          // claims that the next token has instead

const issuer = () => `http://127.0.0.1:${provider.address().port}`;
function idToken(claims) {
  const now = Math.floor(Date.now() / 1000);
  const text = `${b64(JSON.stringify({ alg: 'ES256', kid: 'one' }))}.${b64(JSON.stringify({
    iss: issuer(), aud: 'trine-pages', sub: 'alice', groups: ['ops'], iat: now, exp: now + 300, ...claims }))}`;
  return `${text}.${b64(sign('sha256', Buffer.from(text), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }))}`;
}

const provider = createServer((request, response) => {
  const url = new URL(request.url, issuer());
  const json = (status, body) => { response.writeHead(status, { 'content-type': 'application/json' }); response.end(JSON.stringify(body)); };
  if (url.pathname === '/.well-known/openid-configuration')
    return json(200, { issuer: issuer(), jwks_uri: `${issuer()}/keys`, authorization_endpoint: `${issuer()}/authorize`, token_endpoint: `${issuer()}/token` });
  if (url.pathname === '/keys')
    return json(200, { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }] });
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    asked = new URLSearchParams(body);
    const wish = codes.get(asked.get('code'));
    codes.delete(asked.get('code'));
    const challenge = createHash('sha256').update(asked.get('code_verifier') ?? '').digest('base64url');
    const right = request.method === 'POST' && wish && wish.get('code_challenge') === challenge && wish.get('redirect_uri') === asked.get('redirect_uri');
    if (!right) return json(400, { error: 'invalid_grant' });
    return json(200, { token_type: 'Bearer', id_token: idToken({ nonce: wish.get('nonce'), ...tamper }) });
  });
});

before(async () => {
  await new Promise((done) => provider.listen(0, '127.0.0.1', done));
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim')], (config) => {
    config.trusted_proxies = ['127.0.0.0/8'];
    config.oidc = [{
      issuer: issuer(), audiences: ['trine-pages'], internal: ['127.0.0.0/8'],
      groups: [{ value: 'ops', org: 'acme', team: 'ops', project: 'pages', role: 'operator' }, { value: 'guests', org: 'acme', team: 'ops', project: 'pages' }],
    }];
  });
});
after(async () => {
  await stack.end();
  await new Promise((done) => provider.close(done));
});

let addresses = 0;
const go = (path, headers = {}) => fetch(stack.admin + path, { redirect: 'manual', headers });
const cookies = (response) => response.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
// To the provider and back: what the browser has then.
async function begin(to = '/requests') {
  // Attempts are bounded by address: each of these comes from another, by the word of a proxy that is trusted.
  const from = { 'x-forwarded-for': `192.0.2.${(addresses += 1)}` };
  const start = await go(`/v1/ui/oidc/start?provider=0&to=${encodeURIComponent(to)}`, from);
  assert.equal(start.status, 302);
  const wish = new URL(start.headers.get('location'));
  assert.equal(wish.origin + wish.pathname, `${issuer()}/authorize`);
  const code = `code-${codes.size}-${Math.random()}`;
  codes.set(code, wish.searchParams);
  return { start, wish: wish.searchParams, code, cookie: cookies(start) };
}
const back = (b, headers = { cookie: b.cookie }) => go(`/v1/ui/oidc/callback?code=${b.code}&state=${b.wish.get('state')}`, headers);
const failed = (response) => response.status === 302 && response.headers.get('location') === '/login?failed=oidc';

test('a code with its verifier begins a session with the role of the group', async () => {
  // The keys of the provider are fetched after the start.
  let done = null, b = null;
  await until(async () => { b = await begin(); done = await back(b); return !failed(done); }, 'signed in', 10_000);
  assert.equal(b.wish.get('response_type'), 'code');
  assert.equal(b.wish.get('client_id'), 'trine-pages');
  assert.equal(b.wish.get('code_challenge_method'), 'S256');
  assert.equal(b.wish.get('redirect_uri'), `${stack.admin}/v1/ui/oidc/callback`);
  assert.equal(asked.get('grant_type'), 'authorization_code');
  assert.match(b.start.headers.getSetCookie()[0], /HttpOnly; SameSite=Lax/);
  assert.equal(done.status, 200);
  assert.match(await done.text(), /http-equiv="refresh" content="0;url=\/requests"/);
  assert.match(done.headers.getSetCookie()[0], /^trine_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/);
  const cookie = cookies(done);
  const me = await (await go('/v1/ui/me', { cookie })).json();
  assert.equal(me.actor, `oidc:alice@127.0.0.1:${provider.address().port}`);
  assert.equal(me.role, 'operator');
  assert.equal((await go('/v1/ui/settings', { cookie })).status, 200);
  assert.equal((await go('/v1/ui/settings')).status, 401);
});

test('an answer that this browser did not ask for begins none', async () => {
  let b = await begin();
  assert.ok(failed(await back(b, {})), 'without the cookie of its beginning');
  b = await begin();
  assert.ok(failed(await back(b, { cookie: 'trine_sign_in=somebody-elses' })));
  b = await begin();
  assert.ok(!failed(await back(b)));
  assert.ok(failed(await back(b)), 'a second time');
  assert.ok(failed(await go('/v1/ui/oidc/callback?code=x&state=y')));
});

test('a token for another, of another sign-in, or of a group without a role begins none', async () => {
  for (const claims of [{ nonce: 'of another' }, { aud: 'other' }, { iss: 'https://evil.example' }, { groups: ['others'] }, { groups: ['guests'] }]) {
    tamper = claims;
    assert.ok(failed(await back(await begin())), JSON.stringify(claims));
  }
  tamper = {};
});

test('who begins too often waits', async () => {
  const from = { 'x-forwarded-for': '198.51.100.7' };
  let refused = null;
  for (let i = 0; i < 12 && !refused; i += 1) {
    const r = await go('/v1/ui/oidc/start?provider=0&to=/', from);
    if (r.status !== 302) refused = r;
  }
  assert.equal(refused?.status, 429);
  assert.ok(refused.headers.get('retry-after'));
});

test('it leads back to pages of the gateway only', async () => {
  for (const to of ['https://evil.example', '//evil.example', '/"><script>', '/\\evil']) {
    const text = await (await back(await begin(to))).text();
    assert.match(text, /content="0;url=\/">/, to);
  }
});
