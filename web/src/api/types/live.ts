// This second: the stream of events, and the fleet.
export interface LiveDeployment {
  name: string;
  model: string;
  zone: string;
  region: string | null;
  kind: 'own' | 'vendor';
  gpu: string | null;
  gpus: number | null;
  vendor: string | null;
  engine: string | null;
  simulated: boolean;
  routes: string[];
  control: number | null;
  available: boolean;
  failures: number;
  running: number;
  max_concurrency: number | null;
  tokens_in_per_s: number | null;
  tokens_out_per_s: number | null;
  requests_per_s: number | null;
  calls: { ok: number; failed: number; cancelled: number };
  power_w: number | null;
  power_from: 'meter' | 'settled' | null;
  gpu_utilisation: number | null;
  idle_w: number | null;
  joules_per_token: number | null;
  intensity_g_per_kwh: number | null;
  ttft_s: number | null;
  tpot_s: number | null;
  engine_waiting: number | null; // in the engine's own queue, as it says
  kv_usage: number | null; // 0..1 of its cache of keys and values
  power_shared_with: string[];
  meter: { name: string; up: boolean; lag_s: number | null; trouble: string | null } | null;
  price_per_hour: number | null;
  idle_cost_per_h: number | null;
  idle_energy_j_24h: number | null;
  idle_carbon_g_24h: number | null;
  idle_cost_24h: number | null;
}

export interface Live {
  at: string;
  currency: string;
  running: number;
  waiting: number;
  requests_per_s: number | null;
  tokens_in_per_s: number | null;
  tokens_out_per_s: number | null;
  power_w: number | null;
  joules_per_token: number | null;
  carbon_g_per_h: number | null;
  cost_per_h: number | null;
  ledger: { lag_records: number; full: boolean; trouble: string | null };
  gateway: { cpu_seconds: number; energy_j: number; carbon_g: number; uptime_s: number; generation: number };
  deployments: LiveDeployment[];
}
