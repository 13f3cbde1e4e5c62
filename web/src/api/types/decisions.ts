// Options by score, flip points, decisions on record and their reviews.
import type { Letter } from './report';

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
  workload: {
    in: number;
    cached: number;
    out: number;
    mix_from: string;
    utilisation: number;
    utilisation_from: string;
  };
  options: ScoreOption[];
  rejected: { name: string; reason: string }[];
  swap_cheapest_cleanest?: { from: string; to: string; per_kg: number | null } | null;
  swap_first_cleanest?: { from: string; to: string; per_kg: number | null } | null;
  flips?: Flip[];
}

export interface DecisionOption extends ScoreOption {
  month?: {
    cost: number;
    cost_low: number;
    cost_high: number;
    energy_kwh: number;
    energy_kwh_low: number;
    energy_kwh_high: number;
    carbon_kg: number;
    carbon_kg_low: number;
    carbon_kg_high: number;
  };
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
