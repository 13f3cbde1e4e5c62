// What receivers of notifications get from the real program.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { onGpu, Stack, until } from './harness.mjs';

const stack = new Stack();
const secret = 'a secret of thirty-two bytes, no less';
const got = { ops: [], slack: [] };
let refuse = 0;  // so many messages are answered with 503
before(async () => {
  const receiver = await stack.upstream((request, response, body) => {
    if (refuse > 0) {
      --refuse;
      return response.writeHead(503).end();
    }
    got[request.url === '/ops?team=1' ? 'ops' : 'slack'].push({ headers: request.headers, text: body, body: JSON.parse(body) });
    return response.writeHead(200).end('ok');
  });
  const at = new URL(receiver.url).origin;
  const engine = await stack.sim('fr');
  await stack.gateway([onGpu('fr', engine.url, 'sim', { metrics_url: engine.metrics })], (config) => {
    config.budgets = [{ for: { team: 'tests' }, period: 'month', gco2e: 0.000001, soft: 0.5, hard: false }];
    config.notifications = [
      { name: 'ops', url: `${at}/ops?team=1`, secret },
      { name: 'slack', url: `${at}/slack`, form: 'slack', about: ['budget'] },
      { name: 'dead', url: 'http://127.0.0.1:1/' },
    ];
  });
});
after(() => stack.end());

test('a budget that is used up is told once, signed, and again after a refusal', async () => {
  refuse = 1;
  await (await stack.post('/v1/chat/completions', { model: 'demo', max_tokens: 8, messages: [{ role: 'user', content: 'hello' }] })).text();
  const budget = () => got.ops.filter(({ body }) => body.kind === 'budget');
  await until(() => budget().length > 0 && got.slack.length > 0, 'nobody is told', 30_000);
  const [{ headers, text, body }] = budget();
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['idempotency-key'], body.id);
  assert.match(body.id, /^ntc_/);
  assert.equal(body.state, 'begun');
  assert.equal(body.severity, 'critical');
  assert.match(body.subject, /team tests/);
  const signature = createHmac('sha256', secret).update(`${headers['x-trine-timestamp']}.${text}`).digest('hex');
  assert.equal(headers['x-trine-signature'], `v1=${signature}`);
  assert.match(got.slack[0].body.text, /^Trine, critical: budget of team tests/);
  assert.equal(got.slack[0].body.attachments[0].color, 'danger');
  assert.equal(got.slack[0].headers['x-trine-signature'], undefined);
});

test('a dead receiver holds nobody up, and all is counted', async () => {
  const metrics = await (await fetch(`${stack.admin}/metrics`)).text();
  assert.match(metrics, /trine_notifications_total\{receiver="ops",outcome="sent"\} [1-9]/);
  assert.match(metrics, /trine_notifications_total\{receiver="dead",outcome="sent"\} 0/);
  assert.doesNotMatch(stack.gatewayLog(200), new RegExp(secret));
});
