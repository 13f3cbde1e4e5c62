// The gateway's state once a second, as server-sent events. One stream for all of a page; none while nobody looks.
import { signal } from '@preact/signals';
import { me } from './client';
import type { Live } from './types';

export type Connection = 'connecting' | 'live' | 'lost' | 'paused';

export const live = signal<Live | null>(null);
export const connection = signal<Connection>('connecting');
// Counts up while figures may change: each second from a request's end until its meter's windows are closed, else once a
// minute, as time ranges that end now move on. A page that nobody feeds costs the gateway nothing but the stream.
export const news = signal(0);
const settlingMs = 90_000,
  idleMs = 60_000;
let ended = -1,
  changedAt = 0,
  toldAt = 0;

function tellNews(now: Live): void {
  const calls = now.deployments.reduce((sum, d) => sum + d.calls.ok + d.calls.failed + d.calls.cancelled, 0);
  const at = Date.now();
  if (calls !== ended || (now.requests_per_s ?? 0) > 0) changedAt = at;
  ended = calls;
  if (at - changedAt > settlingMs && at - toldAt < idleMs) return;
  toldAt = at;
  news.value += 1;
}

const historyLength = 120;
// The last two minutes, for the small charts. Old first.
export const recent = signal<Live[]>([]);

let source: EventSource | null = null;
let retry: number | undefined;

function close(): void {
  source?.close();
  source = null;
  window.clearTimeout(retry);
}

function open(): void {
  close();
  if (document.hidden) {
    connection.value = 'paused';
    return;
  }
  connection.value = 'connecting';
  const stream = new EventSource('/v1/ui/live');
  source = stream;
  stream.onmessage = (event: MessageEvent<string>) => {
    const now = JSON.parse(event.data) as Live;
    live.value = now;
    recent.value = [...recent.value.slice(1 - historyLength), now];
    connection.value = 'live';
    tellNews(now);
  };
  stream.onerror = () => {
    connection.value = 'lost';
    // A browser does not come back by itself after an answer that was no stream (401, 503).
    if (stream.readyState === EventSource.CLOSED) {
      close();
      retry = window.setTimeout(open, 3000);
    }
  };
}

let started = false;
// From sign-in on. A hidden tab costs the gateway nothing.
export function startLive(): void {
  if (started) return;
  started = true;
  document.addEventListener('visibilitychange', () => {
    if (!me.value?.signed_in) return;
    if (document.hidden) {
      close();
      connection.value = 'paused';
    } else if (!source) open();
  });
  me.subscribe((who) => {
    if (who?.signed_in && !source) open();
    if (who && !who.signed_in) close();
  });
}
