// What the user already has: engines on their usual ports, and vendor keys in the environment.
import { execFileSync } from 'node:child_process';

const LOCAL = [
  { engine: 'ollama', port: 11434, name: 'ollama', proof: '/api/version' },
  { engine: 'vllm', port: 8000, name: 'vllm', proof: '/version' },
  { engine: 'llama.cpp', port: 8080, name: 'llama-cpp', proof: '/props' },
  { engine: 'llama.cpp', port: 8081, name: 'llama-cpp', proof: '/props' },
];

const VENDORS = [
  { vendor: 'openai', variable: 'OPENAI_API_KEY', url: 'https://api.openai.com/v1', model: 'gpt-4o-mini' },
  { vendor: 'mistral', variable: 'MISTRAL_API_KEY', url: 'https://api.mistral.ai/v1', model: 'mistral-small-latest' },
];

async function json(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(700), redirect: 'error' });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function gpuHere() {
  try {
    const names = execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], { timeout: 3000, stdio: ['ignore', 'pipe', 'ignore'] });
    return names.toString().split('\n')[0].trim();
  } catch {
    return '';
  }
}

// Deployments (as YAML text of one list entry each) with a sentence for the user. Keys never leave the environment:
// the text names the variable.
export async function findOwn(environment = process.env) {
  const found = [];
  const gpu = environment.TRINE_DEMO_GPU || gpuHere() || 'RTX-4090';
  const zone = environment.TRINE_DEMO_ZONE || 'DE';
  const price = environment.TRINE_DEMO_EUR_PER_HOUR || '0.35';
  for (const { engine, port, name, proof } of LOCAL) {
    const base = `http://127.0.0.1:${port}`;
    const [sign, models] = await Promise.all([json(base + proof), json(`${base}/v1/models`)]);
    const model = models?.data?.[0]?.id;
    if (!sign || !model || found.some((f) => f.name === name)) continue;
    found.push({
      name,
      sentence: `${engine} answers on port ${port} with ${model}: it is used too, counted as ${gpu} in zone ${zone} at ${price} EUR/h ` +
        '(TRINE_DEMO_GPU, TRINE_DEMO_ZONE and TRINE_DEMO_EUR_PER_HOUR change that).',
      yaml: entry({ name, url: `${base}/v1`, engine, model, gpu, zone, pue: 1.2 }, `price: { per_hour: ${Number(price)} }`),
    });
  }
  for (const { vendor, variable, url, model } of VENDORS) {
    if (!environment[variable]) continue;
    found.push({
      name: vendor,
      sentence: `${variable} is set: ${vendor}'s ${model} is a candidate too. What is sent there is billed to that key.`,
      yaml: entry({ name: vendor, url, engine: vendor, model, vendor }, `api_key: "\${${variable}}"`),
    });
  }
  return found;
}

function entry(fields, ...lines) {
  const all = [...Object.entries(fields).map(([k, v]) => `${k}: ${JSON.stringify(v)}`), ...lines];
  return `  - ${all.join('\n    ')}\n`;
}
