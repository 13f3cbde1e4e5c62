// The bodies of docs/web-api.md, as far as the pages read them. null is "not known".
export type Letter = 'A' | 'B' | 'C' | 'D' | 'S';

export interface Me {
  signed_in: boolean;
  open: boolean;
  actor: string | null;
  role: 'viewer' | 'operator' | 'admin' | null;
  csrf: string | null;
  expires: string | null;
  ways: { password: boolean; setup: boolean; oidc: { name: string; href: string }[] };
  version: string;
  currency: string;
  admin_api: boolean;
}

export interface Share {
  gpu_energy_uj: number;
  energy_uj: number;
  operational_ng: number;
  embodied_ng: number;
  carbon_ng: number;
  cost_neur: number;
}

export interface Row {
  name: string;
  requests: number;
  calls: number;
  unsettled_calls: number;
  simulated_calls: number;
  simulated: boolean;
  counted_calls: number;
  tokens_in: number;
  tokens_cached: number;
  tokens_out: number;
  gpu_energy_uj: number;
  energy_uj: number;
  energy_low_uj: number;
  energy_high_uj: number;
  operational_ng: number;
  embodied_ng: number;
  carbon_ng: number;
  carbon_low_ng: number;
  carbon_high_ng: number;
  cost_neur: number;
  quality: Letter | null;
  quality_shares: Partial<Record<Letter, number>>;
  joules_per_token: number | null;
  grams_per_mtok: number | null;
  cost_per_mtok: number | null;
  joules_per_request: number | null;
  grams_per_request: number | null;
  cost_per_request: number | null;
  outcomes: Record<Outcome, number>;
  unattributed: Share;
  foreign: Share;
  gateway: { cpu_seconds: number; energy_uj: number; energy_low_uj: number; energy_high_uj: number; carbon_ng: number };
}

export type Outcome = 'ok' | 'failed' | 'cancelled' | 'interrupted' | 'refused';

export interface Amounts {
  energy_uj: number;
  energy_low_uj: number;
  energy_high_uj: number;
  carbon_ng: number;
  carbon_low_ng: number;
  carbon_high_ng: number;
  cost_neur: number;
  cost_low_neur: number;
  cost_high_neur: number;
}

export interface Savings extends Partial<Amounts> {
  sentence: string;
  baseline: ({ name: string; zone: string; kind: string; version?: number; created?: string } & Partial<Amounts>) | null;
  distinguishable?: { cost: boolean; energy: boolean; carbon: boolean };
  quality?: Letter;
  simulated?: boolean;
  tokens?: number;
  unsettled_calls?: number;
  actual?: Amounts;
}

export interface Report {
  since: string;
  until: string;
  by: string;
  currency: string;
  simulated: boolean;
  rows: Row[];
  total: Row;
  savings?: Savings;
}

export interface Overview {
  report: Report;
  before: Row;
}

type Column = (number | null)[];
export interface Series {
  since: string;
  until: string;
  step_s: number;
  currency: string;
  t: number[];
  requests: Column;
  calls: Column;
  tokens_in: Column;
  tokens_out: Column;
  energy_j: Column;
  energy_low_j: Column;
  energy_high_j: Column;
  carbon_g: Column;
  carbon_low_g: Column;
  carbon_high_g: Column;
  cost: Column;
  idle_energy_j: Column | null;
  idle_carbon_g: Column | null;
  idle_cost: Column | null;
}

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

export interface GridNow {
  g_per_kwh: number;
  low: number | null;
  high: number | null;
  method: string;
  granularity: string;
  source: string;
  estimated: boolean;
  age_s: number | null;
  quality_metered: Letter | null;
  quality_by_curve: Letter | null;
}

export interface GridSlot {
  start: string;
  seconds: number;
  g_per_kwh: number;
  low: number | null;
  high: number | null;
  granularity: string;
  source: string;
  estimated: boolean;
}

export interface GridZone {
  zone: string;
  name: string;
  now: GridNow | null;
  beside: GridNow[];
  slots: GridSlot[];
  deployments: string[];
}

export interface GridSource {
  source: string;
  zone: string;
  up: boolean;
  fetched: string | null;
  newest_end: string | null;
  next: string | null;
  errors: number;
  holes: number;
  absurd: number;
  trouble: string | null;
}

export interface Grid {
  at: string;
  zones: GridZone[];
  sources: GridSource[];
}

export interface Weights {
  cost: number;
  control: number;
  carbon: number;
}

export interface ScoreFigure {
  value: number;
  low: number | null;
  high: number | null;
  quality: Letter | null;
}

export type Input = Record<string, string | number | boolean | null>;

export interface ScoreOption {
  name: string;
  model: string;
  zone: string;
  gpu?: string | null;
  gpus?: number | null;
  score: number;
  joules_per_token: ScoreFigure;
  g_per_kwh: number;
  cost_per_mtok: ScoreFigure;
  carbon_g_per_mtok: ScoreFigure;
  embodied_g_per_mtok?: number;
  control: ScoreFigure & { before_floor?: number; missing?: string[] };
  idle_share?: number | null;
  measured_here?: { joules_per_token: number; quality: Letter; calls: number } | null;
  inputs?: Record<string, Input>;
}

// How far an input would have to move for another option to be first.
export interface Flip {
  input: string; // "weight of cost", "price", "intensity", "J/token", "utilisation"
  of: string; // whose: an option, a zone, or ""
  unit: string;
  now: number;
  at: number | null; // null: nothing within 1/1000 to 1000 times changes it
  to: string | null;
}

export interface Score {
  at: string;
  currency: string;
  options_from: string;
  weights: Weights & { from: string };
  workload: { in: number; cached: number; out: number; mix_from: string; utilisation: number; utilisation_from: string };
  options: ScoreOption[];
  rejected: { name: string; reason: string }[];
  swap_cheapest_cleanest?: { from: string; to: string; per_kg: number | null } | null;
  swap_first_cleanest?: { from: string; to: string; per_kg: number | null } | null;
  flips?: Flip[];
}

export interface DecisionOption extends ScoreOption {
  month?: { cost: number; cost_low: number; cost_high: number; energy_kwh: number; energy_kwh_low: number; energy_kwh_high: number; carbon_kg: number; carbon_kg_low: number; carbon_kg_high: number };
  inputs_text?: string;
}

export interface ReviewFigure {
  expected: number;
  expected_low: number;
  expected_high: number;
  measured: number;
  measured_low: number;
  measured_high: number;
  change: number; // 0.1: a tenth more than expected
  verdict: string; // better, worse, as expected
}

export interface Review {
  at: string;
  since: string;
  where: string;
  days: number;
  calls: number;
  tokens: number;
  quality: Letter;
  attributed?: Record<string, ReviewFigure>;
  with_idle?: Record<string, ReviewFigure>;
  sentence: string;
}

export interface Decision {
  id: string;
  at: string;
  by?: string;
  sentence: string;
  because?: string;
  chosen: string;
  highest_score?: boolean;
  over?: string[];
  weights?: Weights & { from: string };
  month?: { tokens: number; from: string };
  lead?: { ln: number; sigma: number; sure: boolean };
  options?: DecisionOption[];
  removed?: { name: string; reason: string }[];
  flips?: Flip[];
  reviews?: Review[];
}

export interface Decisions {
  decisions: Decision[];
}

export interface RequestRow {
  id: string;
  start: string;
  end: string | null;
  duration_s: number | null;
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

export interface RequestBody {
  request: RequestFacts;
  explanation: { calls: ExplainedCall[]; currency: string } | null;
}

export interface Guard {
  since: string;
  until: string;
  on: boolean;
  requests: Record<Verdict, number>;
  answers: Record<Verdict, number>;
  mean_ms: number | null;
  counted_since: string;
  events: { at: string; action: string; actor: string; address: string | null; count: number; why: string }[];
  rules: { rule: string; count: number }[];
  series: { t: number[]; block: number[]; flag: number[] };
  step_s: number;
  watch: { key: string; level: string; score: number; since: string | null; because: string | null }[];
  audit: boolean;
}
export type Verdict = 'allow' | 'flag' | 'redact' | 'block';

export interface Budget {
  for: Record<string, string>;
  unit: string;
  spent: number;
  limit: number;
  used: number;
  soft: number | null;
  hard: boolean;
  period: string;
  begin: string;
  reset: string;
  runs_out: string | null;
  forecast_known: boolean;
}

export interface Budgets {
  now: string;
  budgets: Budget[];
}

export interface Key {
  id: string;
  group: string;
  label: string;
  state: string; // works, until TIME, rotated, expired or revoked
  role: string;
  workload: string;
  routes: string[];
  endpoints: string[];
  created: string;
  expires?: string;
  last_used?: string;
}

export interface AuditLine {
  seq: number;
  at: string;
  actor: string;
  address: string;
  action: string;
  subject: string;
  outcome: 'done' | 'refused' | 'failed';
  detail: Record<string, string>;
}

export interface Listed<T> {
  data: T[];
  more: boolean;
}

export interface Settings {
  version: string;
  started: string;
  uptime_s: number;
  generation: number;
  file: string;
  config: string;
  notes: string[];
  health: { status: string; live: boolean; ready: boolean; reasons: string[]; ledger_lag_records: number };
  ledger: {
    dir: string;
    lag_records: number;
    full: boolean;
    folded: number;
    damaged: number;
    trouble: string | null;
    last_fold: string | null;
  };
  process: { cpu_seconds: number; resident_bytes: number; threads: number };
  workers: number;
}
