// Figures of reports, savings and series.
export type Letter = 'A' | 'B' | 'C' | 'D' | 'S';

export interface Share {
  gpu_energy_uj: number;
  energy_uj: number;
  operational_ng: number;
  embodied_ng: number;
  carbon_ng: number;
  cost_neur: number;
}

// What stages before the engine spared requests: parts of the saving, never added to it.
export interface Spared {
  requests: number;
  without_call: number;
  tokens_in: number;
  tokens_out: number;
  energy_uj: number;
  energy_low_uj: number;
  energy_high_uj: number;
  carbon_ng: number;
  carbon_low_ng: number;
  carbon_high_ng: number;
  cost_neur: number;
  quality: Letter | null;
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
  avoided?: Spared;
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
  baseline:
    ({ name: string; zone: string; kind: string; version?: number; created?: string } & Partial<Amounts>) | null;
  distinguishable?: { cost: boolean; energy: boolean; carbon: boolean };
  quality?: Letter;
  simulated?: boolean;
  tokens?: number;
  unsettled_calls?: number;
  actual?: Amounts;
  of_it_spared?: { tokens: number; energy_uj: number; carbon_ng: number; cost_neur: number };
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
