// Times are shown in the viewer's zone, and in UTC where they are copied (CSV, links).

const two = (n: number): string => String(n).padStart(2, '0');

export function clock(d: Date, withSeconds = false): string {
  return `${two(d.getHours())}:${two(d.getMinutes())}${withSeconds ? `:${two(d.getSeconds())}` : ''}`;
}

export function day(d: Date): string {
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

export function dateTime(at: string | number | Date | null | undefined, withSeconds = true): string {
  if (at == null || at === '') return '–';
  const d = new Date(at);
  return Number.isNaN(d.getTime()) ? '–' : `${day(d)} ${clock(d, withSeconds)}`;
}

// "3 min", "2 h 10 min", "4 d 3 h".
export function span(seconds: number | null | undefined): string {
  if (seconds == null || !Number.isFinite(seconds)) return '–';
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  if (s < 86400) {
    const h = Math.floor(s / 3600),
      m = Math.round((s % 3600) / 60);
    return m > 0 && h < 10 ? `${h} h ${m} min` : `${h} h`;
  }
  const d = Math.floor(s / 86400),
    h = Math.round((s % 86400) / 3600);
  return h > 0 && d < 10 ? `${d} d ${h} h` : `${d} d`;
}

export function ago(at: string | number | null | undefined, now = Date.now()): string {
  if (at == null) return '–';
  const seconds = (now - new Date(at).getTime()) / 1000;
  return seconds < 2 ? 'now' : `${span(seconds)} ago`;
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

// "24h" in seconds; null for anything else.
export function parseDuration(text: string): number | null {
  const found = /^(\d{1,6})([smhdw])$/.exec(text);
  if (!found) return null;
  const seconds = Number(found[1]) * units[found[2]!]!;
  return seconds > 0 && seconds <= 10 * 366 * 86400 ? seconds : null;
}
