// Traces of the real program as a collector gets them: one trace from the caller over the gateway to the engine.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onGpu, Stack, until } from './harness.mjs';

const stack = new Stack();
const messages = [];  // what the collector took
const asked = [];     // headers that the engine got
let status = 200;
before(async () => {
  const collector = await stack.upstream((request, response, body) => {
    messages.push({ url: request.url, type: request.headers['content-type'], key: request.headers['x-key'], body: JSON.parse(body) });
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  const engine = await stack.upstream((request, response) => {
    asked.push(request.headers);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({
      id: 'c', object: 'chat.completion', created: 1, model: 'm', usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
      choices: [{ index: 0, message: { role: 'assistant', content: 'a secret answer' }, finish_reason: 'stop' }],
    }));
  });
  await stack.gateway([onGpu('fr', engine.url)], (config) => {
    config.traces = { otlp: new URL(collector.url).origin, sample: 0, headers: [{ name: 'x-key', value: 'k1' }] };
    config.keys[0].workload = 'search';
  });
});
after(() => stack.end());

const ask = { model: 'demo', messages: [{ role: 'user', content: 'a secret question' }] };
const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = `00-${traceId}-b7ad6b7169203331-01`;

const spansOf = (message) => message.body.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans));
const allSpans = () => messages.flatMap(spansOf);
const attributes = (span) => Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

// The shape of opentelemetry-proto's JSON, as far as a collector refuses what has another.
function checkShape(message) {
  assert.equal(message.url, '/v1/traces');
  assert.equal(message.type, 'application/json');
  for (const resource of message.body.resourceSpans) {
    assert.equal(attributes(resource.resource)['service.name'], 'trine');
    for (const scope of resource.scopeSpans) {
      assert.equal(scope.scope.name, 'trine');
      for (const span of scope.spans) {
        assert.match(span.traceId, /^[0-9a-f]{32}$/);
        assert.match(span.spanId, /^[0-9a-f]{16}$/);
        assert.ok([1, 2, 3].includes(span.kind) && span.name.length > 0);
        assert.match(span.startTimeUnixNano, /^\d{19}$/);
        assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), span.name);
        for (const { key, value } of span.attributes) {
          assert.equal(typeof key, 'string');
          assert.equal(Object.keys(value).length, 1);
          if ('intValue' in value) assert.match(value.intValue, /^-?\d+$/);
        }
      }
    }
  }
}

test('a request without a decision is not traced at sample 0, and its header passes as it came', async () => {
  assert.equal((await stack.post('/v1/chat/completions', ask)).status, 200);
  assert.equal(asked.at(-1).traceparent, undefined);
  const undecided = `00-${traceId}-b7ad6b7169203331-00`;
  assert.equal((await stack.post('/v1/chat/completions', ask, { headers: { traceparent: undecided } })).status, 200);
  assert.equal(asked.at(-1).traceparent, undecided);
});

test('the caller, the gateway and the engine are one trace', async () => {
  const response = await stack.post('/v1/chat/completions', ask, { headers: { traceparent: parent } });
  assert.equal(response.status, 200);
  const { trine } = await response.json();
  await until(() => messages.length > 0, 'the collector gets nothing');
  messages.forEach(checkShape);
  assert.equal(messages[0].key, 'k1');
  const spans = allSpans();
  assert.ok(spans.every((span) => span.traceId === traceId));
  const [request] = spans.filter((span) => span.kind === 2);
  const [call] = spans.filter((span) => span.kind === 3);
  assert.equal(request.parentSpanId, 'b7ad6b7169203331');
  assert.equal(call.parentSpanId, request.spanId);
  assert.equal(asked.at(-1).traceparent, `00-${traceId}-${call.spanId}-01`);
  const said = attributes(call);
  assert.equal(said['gen_ai.usage.input_tokens'], '7');
  assert.equal(said['gen_ai.usage.output_tokens'], '3');
  assert.equal(said['trine.deployment'], 'fr');
  assert.ok(said['trine.energy.joules'] > 0 && said['trine.carbon.grams'] > 0 && said['trine.cost'] > 0);
  const whole = attributes(request);
  assert.equal(whole['trine.workload'], 'search');
  assert.equal(whole['trine.energy.joules'], said['trine.energy.joules']);
  if (trine) assert.ok(Math.abs(trine.energy_j - said['trine.energy.joules']) < 1e-6);
  const stages = spans.filter((span) => span.kind === 1).map((span) => span.name);
  for (const stage of ['identify', 'body', 'limit', 'route']) assert.ok(stages.includes(stage), stages.join());
  assert.doesNotMatch(JSON.stringify(messages), /secret|sk-e2e/, 'neither texts nor keys');
});

test('OpenMetrics names the trace of the slow bucket', async () => {
  const page = async (accept) => (await fetch(`${stack.admin}/metrics`, { headers: { accept } })).text();
  const text = await page('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
  assert.match(text, new RegExp(`gen_ai_server_request_duration_seconds_bucket\\{.*\\} \\d+ # \\{trace_id="${traceId}"\\}`));
  assert.ok(text.endsWith('# EOF\n'));
  assert.doesNotMatch(await page('text/plain'), /trace_id|# EOF/);
});

test('a collector that is busy gets the same traces later, and no request waits for it', async () => {
  status = 503;
  const before = messages.length;
  assert.equal((await stack.post('/v1/chat/completions', ask, { headers: { traceparent: parent.replace('0af7', '1bf7') } })).status, 200);
  await until(() => messages.length > before, 'nothing is sent');
  status = 200;
  await until(() => messages.length > before + 1, 'it is not sent again', 20_000);
  assert.deepEqual(messages.at(-1).body, messages[before].body);
  await until(async () => /trine_traces_exported_total 2\n/.test(await (await fetch(`${stack.admin}/metrics`)).text()), 'it is not counted');
});
