// What a page reads: fetched when it is first needed, again when its address changes or the gateway has news, and kept
// for the way back. The last answer stays on the page while the next one is fetched.
import { signal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError, get } from './client';
import { news } from './live';

export interface Query<T> {
  data: T | null;
  error: ApiError | null;
  loading: boolean;
  at: number; // when `data` came, ms
  reload: () => void;
}

const kept = new Map<string, { data: unknown; at: number }>();
const keptAtMost = 60;

function keep(url: string, data: unknown): number {
  const at = Date.now();
  kept.delete(url);
  kept.set(url, { data, at });
  const oldest = kept.keys().next().value;
  if (kept.size > keptAtMost && oldest !== undefined) kept.delete(oldest);
  return at;
}

export function forgetAnswers(): void {
  kept.clear();
}

// `everySeconds`: at least so long between two fetches of the same address while there is news; 0: once.
export function useQuery<T>(url: string | null, everySeconds = 0): Query<T> {
  const state: Signal<Omit<Query<T>, 'reload'>> = useMemo(
    () => signal({ data: null, error: null, loading: url != null, at: 0 }),
    [],
  );
  const again = useMemo(() => signal(0), []);

  useEffect(() => {
    if (url == null) {
      state.value = { data: null, error: null, loading: false, at: 0 };
      return;
    }
    const stop = new AbortController();
    const before = kept.get(url);
    state.value = before
      ? { data: before.data as T, error: null, loading: true, at: before.at }
      : { ...state.value, error: null, loading: true };
    let busy = false,
      asked = 0;
    const load = async (): Promise<void> => {
      if (busy) return;
      busy = true;
      asked = Date.now();
      try {
        const data = await get<T>(url, stop.signal);
        if (!stop.signal.aborted) state.value = { data, error: null, loading: false, at: keep(url, data) };
      } catch (error) {
        if (!stop.signal.aborted) {
          const told = error instanceof ApiError ? error : new ApiError(0, String(error));
          state.value = { ...state.value, error: told, loading: false };
        }
      } finally {
        busy = false;
      }
    };
    void load();
    const ends = [again.subscribe((n) => void (n > 0 && load()))];
    if (everySeconds > 0) {
      ends.push(
        news.subscribe(() => {
          if (asked > 0 && Date.now() - asked >= everySeconds * 1000 && !document.hidden) void load();
        }),
      );
    }
    return () => {
      stop.abort();
      for (const end of ends) end();
    };
  }, [url, everySeconds]);

  return { ...state.value, reload: () => (again.value += 1) };
}
