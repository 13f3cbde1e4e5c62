// /metrics of the real program says what clients were told: the same tokens, joules, grams and cost.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onGpu, report, Stack, trine, until } from './harness.mjs';

const stack = new Stack();
let sim;
before(async () => {
  sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim', { metrics_url: sim.metrics })], (config) => {
    config.baseline = { vendor: 'openai', model: 'gpt-4o' };
  });
});
after(() => stack.end());

const ask = { model: 'sim', max_tokens: 8, messages: [{ role: 'user', content: 'hello' }] };

// The sum of a metric's series whose labels hold `part`; NaN where there is none.
async function metric(name, part = '') {
  const response = await fetch(`${stack.admin}/metrics`);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const lines = (await response.text()).split('\n').filter((line) => /^[{ ]/.test(line.replace(name, '')) && line.startsWith(name) && line.includes(part));
  return lines.length === 0 ? NaN : lines.reduce((sum, line) => sum + Number(line.split(' ').pop()), 0);
}

test('totals are those of the answers', async () => {
  const told = { joules: 0, grams: 0, cost: 0, input: 0, output: 0 };
  for (let i = 0; i < 3; ++i) {
    const response = await stack.post('/v1/chat/completions', ask);
    const { usage } = await response.json();
    told.joules += Number(response.headers.get('x-trine-energy-j'));
    told.grams += Number(response.headers.get('x-trine-carbon-g'));
    told.cost += Number(response.headers.get('x-trine-cost'));
    told.input += usage.prompt_tokens;
    told.output += usage.completion_tokens;
  }
  assert.ok(told.joules > 0 && told.grams > 0 && told.cost > 0 && told.output === 24);
  assert.ok(Math.abs(await metric('trine_energy_joules_total') - told.joules) < 1e-6);
  assert.ok(Math.abs(await metric('trine_carbon_grams_total') - told.grams) < 1e-9);
  assert.ok(Math.abs(await metric('trine_cost_total', 'currency="EUR"') - told.cost) < 1e-9);
  assert.equal(await metric('trine_tokens_total', 'gen_ai_token_type="input"'), told.input);
  assert.equal(await metric('trine_tokens_total', 'gen_ai_token_type="output"'), told.output);
  assert.equal(await metric('trine_calls_total', 'outcome="ok"'), 3);
  assert.equal(await metric('gen_ai_server_request_duration_seconds_count', 'simulated="true"'), 3);
  assert.equal(await metric('trine_requests_total', 'outcome="ok"'), 3);
});

test('the baseline is counted as the report reckons it, and the saving is the difference', async () => {
  // The report's hours are priced with the grid of their middle, which is this hour's.
  await until(async () => (await report(trine, stack.configFile)).total.calls === 3, 'the ledger does not have the calls');
  const { baseline } = (await report(trine, stack.configFile)).savings;
  const near = (found, asked) => assert.ok(asked > 0 && Math.abs(found - asked) < 1e-3 * asked, `${found}, not ${asked}`);
  near(await metric('trine_baseline_energy_joules_total'), baseline.energy_uj / 1e6);
  near(await metric('trine_baseline_carbon_grams_total'), baseline.carbon_ng / 1e9);
  near(await metric('trine_baseline_cost_total', 'currency="EUR"'), baseline.cost_neur / 1e9);
  near(await metric('trine_workload_baseline_cost_total', 'workload="none"'), baseline.cost_neur / 1e9);
  // Idle hardware counts against the saving; its energy grows from one scrape to the next.
  await until(async () => {
    const text = await (await fetch(`${stack.admin}/metrics`)).text();
    const [saved, counted, taken, idle] = ['trine_saved_energy_joules', 'trine_baseline_energy_joules_total', 'trine_energy_joules_total',
      'trine_device_unattributed_energy_joules_total'].map((name) => Number(new RegExp(`^${name}{.*} (.*)$`, 'm').exec(text)?.[1]));
    return idle > 0 && Math.abs(saved - (counted - taken - idle)) < 1e-6;
  }, 'the saving is not the baseline less what was taken', 30_000, 500);
});

test('a refused request is counted and calls nobody', async () => {
  const calls = await metric('trine_calls_total');
  const refused = await metric('trine_requests_total', 'outcome="refused"');
  assert.equal((await stack.post('/v1/chat/completions', { ...ask, model: 'none' })).status, 404);
  assert.equal(await metric('trine_requests_total', 'outcome="refused"'), refused + 1);
  assert.equal(await metric('trine_calls_total'), calls);
});

test('a meter that stops is seen', async () => {
  await until(async () => await metric('trine_meter_up') === 1, 'the meter is never up');
  await stack.children.stop(sim.process);
  await until(async () => await metric('trine_meter_up') === 0, 'the meter stays up');
});
