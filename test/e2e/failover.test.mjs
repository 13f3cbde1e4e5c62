// 200 streams at a time on three engines, of which one is killed, frozen or answers 429 or 500, in turn: every request
// is answered or fails cleanly within its deadline, the ledger has each once, and its sums are those of its rows.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { request as httpRequest, Agent } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freePorts, key, kill, onGpu, pause, report, Stack, trine } from './harness.mjs';

const STREAMS = 200;
const DEADLINE_S = 8;        // timeouts.total
const GRACE_MS = 1000;       // of a machine with two cores, on top of it
const stack = new Stack();
after(() => stack.end());

// One stream. `answer`: 'whole', 'error' (a JSON error with its status, or an error event in the stream), or what is
// neither: 'cut', 'late', 'odd'.
function ask(port, agent, number) {
  const body = JSON.stringify({
    model: 'demo', stream: true, max_tokens: 16 + (number % 5) * 8, stream_options: { include_usage: true },
    messages: [{ role: 'user', content: `document ${number}` }],
  });
  const seen = { id: null, status: 0, text: '', tokens: 0, answer: 'cut', code: '' };
  const begun = performance.now();
  return new Promise((resolve) => {
    const request = httpRequest({
      port, host: '127.0.0.1', path: '/v1/chat/completions', method: 'POST', agent,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    }, (response) => {
      seen.id = response.headers['x-trine-request-id'];
      seen.status = response.statusCode;
      response.setEncoding('utf8');
      response.on('data', (data) => (seen.text += data));
      response.on('error', () => {});
      response.on('close', () => resolve(judge(response.complete)));
    });
    request.on('error', () => resolve(judge(false)));
    request.end(body);
  });

  function judge(complete) {
    seen.ms = performance.now() - begun;
    const data = seen.text.split('\n').filter((line) => line.startsWith('data: {')).map((line) => JSON.parse(line.slice(6)));
    if (complete && seen.status === 200) {
      const error = data.map((d) => d.error).find(Boolean);
      seen.tokens = data.map((d) => d.usage?.completion_tokens).find(Boolean) ?? 0;
      if (error) [seen.answer, seen.code] = [error.code && error.message ? 'error' : 'odd', error.code];
      else seen.answer = seen.text.endsWith('data: [DONE]\n\n') && seen.tokens > 0 ? 'whole' : 'odd';
    } else if (complete && seen.status >= 400) {
      const { error } = JSON.parse(seen.text);
      [seen.answer, seen.code] = [error?.message ? 'error' : 'odd', `${seen.status} ${error?.code}`];
    }
    if (seen.ms > DEADLINE_S * 1000 + GRACE_MS) seen.answer = 'late';
    return seen;
  }
}

const count = (all, of) => all.reduce((n, x) => ({ ...n, [of(x)]: (n[of(x)] ?? 0) + 1 }), {});

test('one of three engines is killed, frozen, busy or failing, under 200 streams', { timeout: 120_000 }, async () => {
  const ports = await freePorts(3);
  const engines = ports.map((port, i) => ({ name: `engine-${i}`, port, url: `http://127.0.0.1:${port}/v1` }));
  const start = async (e) => {
    e.process = stack.children.start(e.name, trine, ['engine-sim', '--listen', `127.0.0.1:${e.port}`, '--model', 'gpt-oss-20b',
      '--gpu', 'A100-PCIe-80GB', '--name', e.name], { log: join(stack.folder, `${e.name}.log`) });
    await stack.children.ready(e.process, `http://127.0.0.1:${e.port}/health`);
  };
  const fault = (e, what) => fetch(`http://127.0.0.1:${e.port}/sim/fault`, { method: 'POST', body: JSON.stringify(what) });
  await Promise.all(engines.map(start));
  await stack.gateway(engines.map((e) => onGpu(e.name, e.url, 'sim', { health_every: '500ms', max_concurrency: 80 })), (config) => {
    config.timeouts = { connect: '1s', first_byte: '2s', stream_idle: '2s', total: `${DEADLINE_S}s` };
    config.routes[0].queue = { length: 200, wait: '4s' };
  });

  const port = Number(new URL(stack.traffic).port);
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const seen = [];
  let stage = 'calm', stop = false, number = 0;
  const client = async () => {
    while (!stop) {
      const one = await ask(port, agent, number++);
      seen.push({ ...one, stage });  // the stage that it ended in
      if (one.answer === 'error') await pause(100);  // as clients do
    }
  };
  const clients = Array.from({ length: STREAMS }, client);

  await pause(1000);
  const [victim, other] = engines;
  const during = async (name, ms, begin, end) => {
    stage = name;
    await begin();
    await pause(ms);
    await end();
    stage = `after ${name}`;
    await pause(1000);
  };
  await during('killed', 2500, async () => { kill(victim.process, 'SIGKILL'); await victim.process.exited; }, () => start(victim));
  await during('frozen', 4000, () => kill(other.process, 'SIGSTOP'), () => kill(other.process, 'SIGCONT'));
  await during('429', 2000, () => fault(victim, { status: 429 }), () => fault(victim, {}));
  await during('500', 2000, () => fault(other, { status: 500 }), () => fault(other, {}));
  // Whoever was hurt works again.
  const before = seen.length;
  await pause(2500);
  const last = seen.slice(before);
  stop = true;
  await Promise.all(clients);
  agent.destroy();

  for (const name of new Set(seen.map((s) => s.stage))) {
    const of = seen.filter((s) => s.stage === name);
    console.log(`${name}: ${JSON.stringify(count(of, (s) => s.answer))} ${JSON.stringify(count(of.filter((s) => s.code), (s) => s.code))}`
      + `, longest ${Math.max(...of.map((s) => s.ms)).toFixed(0)} ms`);
  }
  const answers = count(seen, (s) => s.answer);
  const clean = (answers.whole ?? 0) + (answers.error ?? 0);
  console.log(`${seen.length} requests: ${answers.whole} whole, ${answers.error ?? 0} failed cleanly, ${seen.length - clean} neither`);
  assert.ok(seen.length > 10 * STREAMS, `${seen.length} requests are no load`);
  assert.ok(clean >= 0.999 * seen.length, JSON.stringify(answers));
  assert.ok(seen.some((s) => s.stage === 'killed' && s.code === 'upstream_broke_stream'), 'the kill hit no stream: it came at the wrong time');
  assert.ok(last.length > STREAMS && last.every((s) => s.answer === 'whole'), `at the end: ${JSON.stringify(count(last, (s) => `${s.answer} ${s.code}`))}`);

  // The ledger: each request once, as its client saw it, and the sums of all are those of the deployments.
  const ids = seen.map((s) => s.id);
  assert.ok(ids.every(Boolean) && new Set(ids).size === ids.length, 'an id each');
  await stack.stopGateway();
  const { total } = await report(trine, stack.configFile);
  assert.equal(total.requests, seen.length, 'none lost, none doubled');
  assert.equal(total.outcomes.ok, answers.whole);
  assert.equal(total.outcomes.failed + total.outcomes.refused, answers.error);
  assert.equal(total.unsettled_calls, 0);
  const { rows } = await report(trine, stack.configFile, ['--by', 'deployment']);
  for (const field of ['calls', 'tokens_in', 'tokens_out', 'gpu_energy_uj', 'energy_uj', 'carbon_ng', 'cost_neur']) {
    assert.equal(rows.reduce((sum, row) => sum + row[field], 0), total[field], field);
  }
  const verified = JSON.parse(execFileSync(trine, ['ledger', 'verify', '--json', '-c', stack.configFile], { encoding: 'utf8' }));
  assert.deepEqual(verified.problems, [], 'each window is what its calls, others and nobody used, and no record is loose');
  assert.equal(verified.requests, seen.length);
  assert.equal(verified.calls, total.calls);
  const database = execFileSync('find', [join(stack.folder, 'ledger'), '-name', '*.db', '-o', '-name', '*.sqlite'], { encoding: 'utf8' }).trim();
  const calls = (status) => Number(execFileSync('sqlite3', [database, `SELECT count(*) FROM calls WHERE http_status = ${status}`], { encoding: 'utf8' }));
  for (const status of [429, 500]) assert.ok(calls(status) > 0, `no call met the ${status}`);
  console.log(`${total.calls} calls, ${calls(429)} of them answered 429, ${calls(500)} answered 500`);
});
