// The address bar is the state: page, time range, filters, sorting. Whoever gets the link sees the same.
import { computed, signal } from '@preact/signals';
import { parseDuration } from '../format/time';

export interface Period {
  since: string; // what the API takes: "24h" or RFC 3339
  until: string | null; // null: now
  seconds: number;
  live: boolean; // it ends now, so it moves
}

export const presets = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;
export const defaultRange = '24h';
export const filterNames = ['workload', 'key', 'deployment', 'zone'] as const;
export type FilterName = (typeof filterNames)[number];

// What ?range= or ?since=&until= say; the default where they say nothing that can be.
export function readPeriod(params: URLSearchParams): Period {
  const since = params.get('since'),
    until = params.get('until');
  if (since && until) {
    const from = Date.parse(since),
      to = Date.parse(until);
    if (from < to) return { since, until, seconds: (to - from) / 1000, live: false };
  }
  const range = params.get('range') ?? defaultRange;
  const seconds = parseDuration(range);
  if (seconds != null) return { since: range, until: null, seconds, live: true };
  return { since: defaultRange, until: null, seconds: parseDuration(defaultRange)!, live: true };
}

// The query of the API for the period and filters of the page.
export function apiQuery(
  params: URLSearchParams,
  more: Record<string, string | number | null | undefined> = {},
): string {
  const period = readPeriod(params);
  const out = new URLSearchParams({ since: period.since });
  if (period.until) out.set('until', period.until);
  for (const name of filterNames) {
    const value = params.get(name);
    if (value) out.set(name, value);
  }
  for (const [name, value] of Object.entries(more)) if (value != null && value !== '') out.set(name, String(value));
  return out.toString();
}

// A change of parameters: null removes. Keys stay in a fixed order, so that equal states are equal links.
export function changed(params: URLSearchParams, change: Record<string, string | null>): URLSearchParams {
  const out = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    if (value == null || value === '') out.delete(name);
    else out.set(name, value);
  }
  if (out.get('range') === defaultRange) out.delete('range');
  out.sort();
  return out;
}

const inBrowser = typeof window !== 'undefined';
const here = signal(inBrowser ? window.location.pathname + window.location.search : '/');

export const path = computed(() => here.value.split('?')[0]!);
export const params = computed(() => new URLSearchParams(here.value.split('?')[1] ?? ''));
export const period = computed(() => readPeriod(params.value));

function go(to: string, replace: boolean): void {
  if (to === here.value) return;
  if (replace) window.history.replaceState(null, '', to);
  else window.history.pushState(null, '', to);
  here.value = to;
}

const joined = (p: string, query: URLSearchParams): string => {
  const text = query.toString();
  return text ? `${p}?${text}` : p;
};

// The link of another page with the same range and filters.
export function href(page: string, more: Record<string, string | null> = {}): string {
  const kept = new URLSearchParams();
  for (const name of ['range', 'since', 'until', ...filterNames]) {
    const value = params.value.get(name);
    if (value) kept.set(name, value);
  }
  return joined(page, changed(kept, more));
}

export function navigate(to: string): void {
  go(to, false);
  window.scrollTo(0, 0);
}

// `replace` for what is typed or dragged: the back button should leave the page, not undo letters.
export function setParams(change: Record<string, string | null>, replace = false): void {
  go(joined(path.value, changed(params.value, change)), replace);
}

export function setPeriod(range: string): void {
  setParams({ range, since: null, until: null });
}

export function setWindow(fromMs: number, toMs: number): void {
  setParams({ range: null, since: new Date(fromMs).toISOString(), until: new Date(toMs).toISOString() });
}

if (inBrowser) {
  window.addEventListener('popstate', () => {
    here.value = window.location.pathname + window.location.search;
  });
  // Links of this origin change the page without a reload; with a modifier they do what browsers do.
  document.addEventListener('click', (event) => {
    const target = (event.target as Element | null)?.closest?.('a');
    if (!target || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (target.target || target.hasAttribute('download') || target.origin !== window.location.origin) return;
    if (target.hasAttribute('data-plain') || target.pathname.startsWith('/v1/') || target.hash) return;
    event.preventDefault();
    navigate(target.pathname + target.search);
  });
}
