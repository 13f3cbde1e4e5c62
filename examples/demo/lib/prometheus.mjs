// The little of the Prometheus text format that sums need.

// The sum over all series of the metric called `name`; undefined where there is none. Exact for integers below 2^53.
export function sumOf(text, name) {
  let sum;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const after = line[name.length];
    if (after !== '{' && after !== ' ') continue;
    const value = Number(line.slice(line.lastIndexOf('}') + 1).trim().split(/\s+/)[after === '{' ? 0 : 1]);
    if (Number.isFinite(value)) sum = (sum ?? 0) + value;
  }
  return sum;
}

// What an engine counted since it started.
export async function engineCounters(metricsUrl) {
  const text = await (await fetch(metricsUrl, { signal: AbortSignal.timeout(5000) })).text();
  return {
    prompt_tokens: sumOf(text, 'vllm:prompt_tokens_total'),
    generation_tokens: sumOf(text, 'vllm:generation_tokens_total'),
    energy_uj: sumOf(text, 'trine_sim_energy_microjoules_total'),
  };
}
