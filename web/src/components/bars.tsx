import type { ComponentChildren } from 'preact';

export interface Bar {
  name: string;
  value: number | null;
  shown: ComponentChildren;
  href?: string | undefined;
}

// Names with a bar each, for few things of one unit. The numbers stand beside the bars, so the bars need no words.
export function Bars({ bars, color }: { bars: Bar[]; color: string }) {
  const high = Math.max(...bars.map((b) => b.value ?? 0), 1e-300);
  return (
    <ul class="bars">
      {bars.map((b) => (
        <li key={b.name}>
          <span class="bars-name" title={b.name}>
            {b.href ? <a href={b.href}>{b.name}</a> : b.name}
          </span>
          <span class="bars-shown">{b.shown}</span>
          <span class={`bars-track ink${color}`} aria-hidden="true">
            <span
              class="bars-fill"
              style={{ width: `${Math.max(0, Math.min(100, ((b.value ?? 0) / high) * 100))}%` }}
            />
          </span>
        </li>
      ))}
    </ul>
  );
}
