// Clients that show a certificate and send no key: who they are by it, on the real gateway with certificates made here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { key, onGpu, report, Stack, trine, until } from './harness.mjs';

const stack = new Stack();
const file = (name) => join(stack.folder, name);
const openssl = (...args) => {
  const done = spawnSync('openssl', args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr || String(done.error));
  return done.stdout;
};
const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'skipped: there is no openssl command here';
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function authority(name) {
  openssl('req', '-x509', ...curve, '-days', '1', '-subj', `/CN=${name}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`));
}
function issue(ca, name, cn, san) {
  openssl('req', ...curve, '-subj', `/CN=${cn}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.csr`));
  writeFileSync(file(`${name}.ext`), san ? `subjectAltName=${san}\n` : 'basicConstraints=CA:FALSE\n');
  openssl('x509', '-req', '-in', file(`${name}.csr`), '-CA', file(`${ca}.pem`), '-CAkey', file(`${ca}.key`), '-CAcreateserial', '-days', '1',
    '-extfile', file(`${name}.ext`), '-out', file(`${name}.pem`));
}

before(async () => {
  if (skip) return;
  authority('ca');
  authority('other-ca');
  issue('ca', 'server', 'localhost', 'DNS:localhost,IP:127.0.0.1');
  issue('ca', 'billing', 'anything', 'URI:spiffe://example.org/billing');
  issue('ca', 'claims', 'claims-batch');
  issue('ca', 'pinned', 'nobody');
  issue('ca', 'unknown', 'stranger');
  issue('other-ca', 'forged', 'claims-batch');
  const print = openssl('x509', '-in', file('pinned.pem'), '-noout', '-fingerprint', '-sha256').trim().split('=')[1];
  const sim = await stack.sim('sim');
  stack.startGateway = async function start() {  // its health is behind TLS, so the admin port's is asked
    this.gatewayProcess = this.children.start('trine serve', trine, ['serve', '-c', this.configFile], { log: join(this.folder, 'gateway.log') });
    await this.children.ready(this.gatewayProcess, `${this.admin}/health`);
  };
  await stack.gateway([onGpu('sim', sim.url, 'sim')], (config) => {
    config.tls = { cert: file('server.pem'), key: file('server.key'), client_ca: file('ca.pem') };
    config.client_certs = [
      { san: 'spiffe://example.org/billing', org: 'acme', team: 'billing', endpoints: ['chat'] },
      { cn: 'claims-batch', org: 'acme', team: 'claims', routes: ['demo'] },
      { fingerprint: print, org: 'acme', team: 'pinned' },
    ];
  });
});
after(() => stack.end());

// As the holder of certificate `who`: {status, code}.
const ask = (who, { path = '/v1/chat/completions', model = 'sim', bearer } = {}) => new Promise((done, failed) => {
  const r = request(`${stack.traffic.replace('http:', 'https:')}${path}`, {
    method: 'POST', ca: readFileSync(file('ca.pem')), cert: readFileSync(file(`${who}.pem`)), key: readFileSync(file(`${who}.key`)), agent: false,
    headers: { 'content-type': 'application/json', ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
  }, (response) => {
    const parts = [];
    response.on('data', (p) => parts.push(p));
    response.on('end', () => done({ status: response.statusCode, code: JSON.parse(Buffer.concat(parts).toString()).error?.code }));
  });
  r.on('error', failed);
  r.end(JSON.stringify({ model, max_tokens: 2, prompt: 'hello', messages: [{ role: 'user', content: 'hello' }] }));
});

test('a certificate is known by a name in it, its subject or its fingerprint, and its team pays', { skip }, async () => {
  assert.equal((await ask('billing')).status, 200);
  assert.equal((await ask('claims', { model: 'demo' })).status, 200);
  assert.equal((await ask('pinned')).status, 200);
  await until(async () => {
    const { rows } = await report(trine, stack.configFile, ['--by', 'team']);
    return ['billing', 'claims', 'pinned'].every((team) => rows.some((r) => r.name.endsWith(team) && r.requests === 1));
  }, 'each team has its request', 5000);
});

test('it may do what its entry says and nothing else', { skip }, async () => {
  assert.equal((await ask('claims')).code, 'route_not_allowed');
  assert.equal((await ask('billing', { path: '/v1/completions' })).code, 'endpoint_not_allowed');
});

test('a key that is sent goes first, be it right or wrong', { skip }, async () => {
  assert.equal((await ask('claims', { bearer: key })).status, 200, 'the key may use this route');
  assert.deepEqual(await ask('billing', { bearer: 'sk-wrong' }), { status: 401, code: 'invalid_api_key' });
});

test('a certificate that stands for nobody, and one of another authority, are refused', { skip }, async () => {
  assert.deepEqual(await ask('unknown'), { status: 401, code: 'missing_api_key' });
  await assert.rejects(ask('forged'));
});
