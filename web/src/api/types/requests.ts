// Requests, and how one came to its figures.
import type { Input } from './decisions';
import type { Letter, Outcome, Spared } from './report';

export interface RequestRow {
  id: string;
  start: string;
  end: string | null;
  duration_s: number | null;
  ttft_s: number | null; // null: not streamed
  route: string;
  endpoint: string;
  workload: string;
  key: string;
  outcome: Outcome;
  http_status: number;
  error: string | null;
  reason: string;
  streamed: boolean;
  calls: number;
  deployment: string | null;
  zone: string | null;
  model: string | null;
  simulated: boolean;
  tokens_in: number;
  tokens_cached: number;
  tokens_out: number;
  energy_j: number | null;
  energy_low_j: number | null;
  energy_high_j: number | null;
  carbon_g: number | null;
  carbon_low_g: number | null;
  carbon_high_g: number | null;
  cost: number | null;
  quality: Letter | null;
  final: boolean;
}

export interface Requests {
  requests: RequestRow[];
  next: string | null;
  scanned_until: string | null;
}

export interface Settlement {
  version: number;
  basis: 'provisional' | 'window' | 'final';
  booked_at: string;
  energy_j: number;
  energy_uj: number;
  energy_low_j: number;
  energy_high_j: number;
  gpu_energy_j: number;
  operational_g: number;
  embodied_g: number;
  carbon_g: number;
  carbon_low_g: number;
  carbon_high_g: number;
  cost: number;
  quality: Letter;
}

export interface Call {
  attempt: number;
  deployment: string;
  zone: string;
  model: string;
  start: string;
  first_token: string | null;
  end: string;
  tokens_in: number;
  tokens_cached: number;
  tokens_out: number;
  tokens_from: 'reported' | 'counted';
  streamed: boolean;
  simulated: boolean;
  outcome: Outcome;
  http_status: number;
  mean_batch: number;
  settlements: Settlement[];
}

export type SparedStep = Omit<Spared, 'requests' | 'without_call'> & { step: string; at: string };

export interface RequestFacts {
  id: string;
  open: boolean;
  final: boolean;
  org: string;
  team: string;
  project: string;
  key: string;
  user: string;
  workload: string;
  route: string;
  endpoint: string;
  start: string;
  end?: string;
  streamed: boolean;
  outcome?: Outcome;
  http_status?: number;
  error?: string | null;
  reason?: string;
  calls: Call[];
  avoided?: SparedStep[];
}

export interface Amount5 {
  gpu_energy_uj: number;
  energy_uj: number;
  operational_ng: number;
  embodied_ng: number;
  cost_neur: number;
}

export interface MeterWindow {
  begin: string;
  end: string;
  device: string;
  intensity_g_per_kwh: number;
  quality: Letter;
  total: Amount5;
  weight_j: number;
  all_weight_j: number;
  calls: number;
  batch: number;
  ours: Amount5;
}

export interface Factors {
  intensity?: { g_per_kwh: number; method: string; granularity: string; source: string; sigma_ln: number } | null;
  weights?: { j_per_prompt_token: number; j_per_cached_token: number; a: number; b: number; measured: boolean } | null;
  pue?: number | null;
  host_w_per_gpu?: number | null;
  gpus?: number | null;
  embodied?: { gpu_kg: number; server_kg: number; life_years: number } | null;
  price_per_hour?: number | null;
  electricity_per_kwh?: number | null;
  vendor?: Input | null;
}

export interface ExplainedCall {
  attempt: number;
  windows: MeterWindow[];
  factors: Factors | null;
}

// What the guard does with such a request by the running configuration, and its key's verdicts in the audit log.
export interface RequestGuard {
  on: boolean;
  policy: string | null;
  audit: boolean; // there is a log
  events: { first: string; at: string; action: string; address: string; count: number; why: string }[];
}

export interface RequestBody {
  request: RequestFacts;
  explanation: { calls: ExplainedCall[]; currency: string } | null;
  guard: RequestGuard;
}
