// Intensities of zones, and their sources.
import type { Letter } from './report';

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
