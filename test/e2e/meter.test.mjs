// The released trine-meter on a played GPU host: it needs libc alone, and serves, keeps and ends as its page says.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { createInterface } from 'node:readline';
import { trine, until } from './harness.mjs';

const build = dirname(trine);
const program = join(build, 'trine-meter');
const token = '0123456789abcdef0123456789abcdef';
const folder = mkdtempSync(join(tmpdir(), 'trine-meter-e2e-'));
const gpus = join(folder, 'gpus');
let agent, url;

before(async () => {
  writeFileSync(gpus, 'GPU-0;NVIDIA H100 80GB HBM3;clock;300000;50\n');
  agent = spawn(program, ['--listen', '127.0.0.1:0', '--nvml', join(build, 'libplayed_nvml.so'), '--rapl', '', '--host', 'gpu-1'],
    { env: { PLAYED_NVML: gpus, TRINE_METER_TOKEN: token }, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await new Promise((resolve, reject) => {
    createInterface({ input: agent.stdout }).once('line', (text) => resolve([text]));
    agent.once('exit', (code) => reject(new Error(`trine-meter ended with ${code}`)));
  });
  url = line.match(/http:\S+/)[0];
});
after(() => {
  agent.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const read = (since = '') => fetch(`${url}/v1/readings${since}`, { headers: { authorization: `Bearer ${token}` } });

test('it needs nothing but libc at run time', (t) => {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  if (/lib(a|t|ub)san/.test(stdout)) return t.skip('built with a sanitizer, which has a library of its own');
  const needed = stdout.split('\n').map((line) => line.trim().split(' ')[0].split('/').pop()).filter(Boolean);
  assert.ok(needed.length >= 2, stdout);
  const libc = /^(linux-vdso|libc|libm|libdl|libpthread|librt|libresolv|ld-linux[-a-z0-9_]*)\.so/;
  assert.deepEqual(needed.filter((name) => !libc.test(name)), [], stdout);
});

test('readings come once each, on the second', async () => {
  const first = await (await read()).json();
  let page = first;
  const samples = [...first.samples];
  await until(async () => {
    page = await (await read(`?since=${page.run}:${page.next}`)).json();
    samples.push(...page.samples);
    return samples.length >= 3;
  }, 'the agent takes no readings');
  assert.equal(page.run, first.run);
  for (let i = 1; i < samples.length; ++i) {
    const [, , before, energyBefore] = samples[i - 1];
    const [, , now, energy] = samples[i];
    const seconds = (now - before) / 1e6;
    assert.ok(Math.abs(seconds - Math.round(seconds)) < 0.5, `${seconds} s between two readings`);
    assert.ok(Math.abs((energy - energyBefore) / 1e6 - 300 * seconds) < 30, 'the energy is not that of 300 W');
  }
});

test('health and metrics need no token, readings do', async () => {
  assert.equal((await fetch(`${url}/health`)).status, 200);
  assert.match(await (await fetch(`${url}/metrics`)).text(), /^trine_meter_agent_up\{meter="nvml"\} 1$/m);
  const refused = await fetch(`${url}/v1/readings`);
  assert.equal(refused.status, 401);
  assert.match((await refused.json()).error.message, /--token-file/);
});

test('SIGTERM ends it with status 0', async () => {
  agent.removeAllListeners('exit');
  const ended = new Promise((resolve) => agent.once('exit', resolve));
  agent.kill('SIGTERM');
  assert.equal(await ended, 0);
});
