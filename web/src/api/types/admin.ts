// Who is there, the guard, budgets, keys, and the gateway itself.
export interface Me {
  signed_in: boolean;
  open: boolean;
  closed?: string | null; // why nobody can sign in
  actor: string | null;
  role: 'viewer' | 'operator' | 'admin' | null;
  csrf: string | null;
  expires: string | null;
  ways: { password: boolean; setup: boolean; oidc: { name: string; href: string }[] };
  version: string;
  currency: string;
  admin_api: boolean;
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
