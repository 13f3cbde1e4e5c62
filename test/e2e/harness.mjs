// Starts and stops the real program, simulated engines, a real llama-server and upstreams that a test controls.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { Children, freePorts, kill, tail } from '../../examples/demo/lib/processes.mjs';

export { finalView, report, requestView } from '../../examples/demo/lib/gateway.mjs';
export { engineCounters, sumOf } from '../../examples/demo/lib/prometheus.mjs';
export { freePorts, kill, pause, until } from '../../examples/demo/lib/processes.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const trine = join(process.env.TRINE_BUILD_DIR ?? join(root, 'build/release'), 'trine');
export const key = 'sk-e2e-0123456789';

// Vendor keys of the machine must not steer a test, nor be spent by one.
for (const name of ['OPENAI_API_KEY', 'MISTRAL_API_KEY', 'OPENAI_BASE_URL', 'HTTP_PROXY', 'http_proxy']) delete process.env[name];

// What one test starts, and one call that ends all of it.
export class Stack {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'trine-e2e-'));
    this.children = new Children();
    this.servers = [];
  }

  async end() {
    await this.children.stopAll();
    for (const server of this.servers) {
      server.closeAllConnections?.();
      await new Promise((done) => server.close(done));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  // An engine-sim; {url, metrics, process}.
  async sim(name, { gpu = 'A100-PCIe-80GB', model = 'gpt-oss-20b', args = [] } = {}) {
    const [port] = await freePorts(1);
    const process = this.children.start(name, trine,
      ['engine-sim', '--listen', `127.0.0.1:${port}`, '--model', model, '--gpu', gpu, '--name', name, ...args], { log: join(this.folder, `${name}.log`) });
    await this.children.ready(process, `http://127.0.0.1:${port}/health`);
    return { url: `http://127.0.0.1:${port}/v1`, metrics: `http://127.0.0.1:${port}/metrics`, process };
  }

  // A real llama-server with the tiny model; {url, base}. Ask realEngine() first whether there is one.
  async llama({ args = [] } = {}) {
    const [port] = await freePorts(1);
    const process = this.children.start('llama-server', join(engineFolder, 'llama-server'),
      ['-m', join(engineFolder, 'tiny.gguf'), '--alias', 'tiny', '--host', '127.0.0.1', '--port', String(port), '-c', '8192', '-np', '4',
        '-t', '1', '--jinja', '--metrics', '--slots', '--no-webui', ...args], { log: join(this.folder, `llama-${port}.log`) });
    await this.children.ready(process, `http://127.0.0.1:${port}/health`, 30_000);
    return { url: `http://127.0.0.1:${port}/v1`, base: `http://127.0.0.1:${port}` };
  }

  // An upstream whose every move the test decides: handler(request, response, body). {url}
  async upstream(handler) {
    const server = createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => handler(request, response, Buffer.concat(parts).toString()));
    });
    this.servers.push(server);
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    return { url: `http://127.0.0.1:${server.address().port}/v1`, server };
  }

  // The gateway in front of `deployments`; every deployment is a candidate of the route `demo`, and each has a route of
  // its own name. `change(config)` may alter the configuration before it is written.
  async gateway(deployments, change = () => {}) {
    const [trafficPort, adminPort] = await freePorts(2);
    const config = {
      listen: { traffic: `127.0.0.1:${trafficPort}`, admin: `127.0.0.1:${adminPort}` },
      ledger: { dir: join(this.folder, 'ledger') },
      keys: [{ id: 'e2e', secret: key, org: 'acme', team: 'tests', project: 'e2e' }],
      deployments,
      routes: [
        { model: 'demo', deployments: deployments.map((d) => d.name), weights: { cost: 0.4, control: 0.2, carbon: 0.4 } },
        ...deployments.map((d) => ({ model: d.name, deployments: [d.name], weights: { cost: 0.4, control: 0.2, carbon: 0.4 } })),
      ],
    };
    change(config);
    this.configFile = join(this.folder, 'trine.yaml');
    this.traffic = `http://127.0.0.1:${trafficPort}`;
    this.admin = `http://127.0.0.1:${adminPort}`;
    this.writeConfig(config);  // JSON is YAML too
    await this.startGateway();
    return this;
  }

  writeConfig(config) {
    this.config = config;
    writeFileSync(this.configFile, JSON.stringify(config, null, 2));
  }

  async startGateway() {
    this.gatewayProcess = this.children.start('trine serve', trine, ['serve', '-c', this.configFile], { log: join(this.folder, 'gateway.log') });
    await this.children.ready(this.gatewayProcess, `${this.traffic}/health`);
  }

  async stopGateway(signal = 'SIGTERM') {
    kill(this.gatewayProcess, signal);
    return this.gatewayProcess.exited;
  }

  gatewayLog(lines = 40) { return tail(join(this.folder, 'gateway.log'), lines); }

  client(options = {}) {
    return new OpenAI({ baseURL: `${this.traffic}/v1`, apiKey: key, maxRetries: 0, timeout: 60_000, ...options });
  }

  post(path, body, options = {}) {
    return fetch(this.traffic + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...options.headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      signal: options.signal,
    });
  }
}

// A deployment on own hardware, as the configuration wants it.
export const onGpu = (name, url, engine = 'other', more = {}) => ({
  name, url, engine, model: 'gpt-oss-20b', gpu: 'A100-PCIe-80GB', zone: 'DE', pue: 1.2, price: { per_hour: 1.2 }, ...more,
});

const engineFolder = join(root, '.engine');
const engineTools = join(root, '../shared/tools/engine');

// Makes the real engine ready once; the answer is false, or the sentence that says why its tests are skipped.
export function realEngine() {
  if (!existsSync(engineTools)) return 'skipped: the real engine\'s scripts (../shared/tools/engine) are not here';
  const run = (program, args) => execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 240_000 });
  try {
    mkdirSync(engineFolder, { recursive: true });
    if (!existsSync(join(engineFolder, 'llama-server'))) {
      const script = join(engineFolder, 'fetch.sh');
      cpSync(join(engineTools, 'fetch_llama_server.sh'), script);
      chmodSync(script, 0o755);
      run('bash', [script, engineFolder]);
    }
    if (!existsSync(join(engineFolder, 'tiny.gguf'))) {
      run('python3', [join(engineTools, 'make_tiny_gguf.py'), '--out', join(engineFolder, 'tiny.gguf')]);
    }
    return false;
  } catch (error) {
    const why = String(error.stderr ?? error.message).trim().split('\n').pop();
    return `skipped: the real engine could not be fetched (${why})`;
  }
}

// The events of an SSE body: the text between blank lines.
export const events = (text) => text.split(/\r?\n\r?\n/).filter((event) => event !== '');

// A chunk of a chat stream as engines send it.
export const chunk = (delta, more = {}) => `data: ${JSON.stringify({
  id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-oss-20b',
  choices: [{ index: 0, delta, finish_reason: null }], ...more,
})}\n\n`;

export const usageChunk = (input, output) => chunk({}, { choices: [], usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } });
