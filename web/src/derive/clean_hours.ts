// When a zone's grid will be clean.
import type { GridSlot } from '../api/types';

export const startOf = (s: GridSlot): number => Date.parse(s.start) / 1000;

// The hours to come in the lowest quarter of what lies ahead, joined to spells, the best first.
export function cleanSpells(slots: GridSlot[], nowSeconds: number): { from: number; to: number; mean: number }[] {
  const ahead = slots.filter((s) => startOf(s) + s.seconds > nowSeconds);
  if (ahead.length < 2) return [];
  const sorted = ahead.map((s) => s.g_per_kwh).sort((a, b) => a - b);
  const best = sorted[0]!,
    worst = sorted[sorted.length - 1]!;
  if (worst <= best * 1.03) return []; // flat: no hour is better than another
  const limit = best + (worst - best) / 4;
  const spells: { from: number; to: number; sum: number; seconds: number }[] = [];
  for (const s of ahead) {
    if (s.g_per_kwh > limit) continue;
    const last = spells[spells.length - 1];
    if (last && last.to === startOf(s)) {
      last.to += s.seconds;
      last.sum += s.g_per_kwh * s.seconds;
      last.seconds += s.seconds;
    } else {
      spells.push({ from: startOf(s), to: startOf(s) + s.seconds, sum: s.g_per_kwh * s.seconds, seconds: s.seconds });
    }
  }
  return spells.map((s) => ({ from: s.from, to: s.to, mean: s.sum / s.seconds })).sort((a, b) => a.mean - b.mean);
}
