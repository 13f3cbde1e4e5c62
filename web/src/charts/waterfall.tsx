// When each call waited, computed its prompt and wrote its answer, on one time axis.
import type { RequestFacts } from '../api/types';
import { amount } from '../format/units';

interface Span {
  name: string;
  className: string;
  from: number; // s after the request's start
  to: number;
}

function spansOf(r: RequestFacts): Span[] {
  const zero = Date.parse(r.start);
  const at = (text: string): number => Math.max(0, (Date.parse(text) - zero) / 1000);
  const spans: Span[] = [];
  let before = 0;
  for (const c of r.calls) {
    const start = at(c.start),
      end = at(c.end);
    const first =
      c.first_token && Date.parse(c.first_token) >= Date.parse(c.start) ? Math.min(at(c.first_token), end) : end;
    const name = r.calls.length > 1 ? `call ${c.attempt + 1}` : 'call';
    if (start > before)
      spans.push({
        name: r.calls.length > 1 ? `before ${name}` : 'gateway',
        className: 'other',
        from: before,
        to: start,
      });
    // Of an answer that came as a whole no first token is known.
    if (!c.streamed || first === end) {
      spans.push({ name, className: 'cost', from: start, to: end });
      before = end;
      continue;
    }
    spans.push({ name: `${name}: until the first token`, className: 'control', from: start, to: first });
    spans.push({ name: `${name}: the answer`, className: 'cost', from: first, to: end });
    before = end;
  }
  const last = r.end ? at(r.end) : before;
  if (last > before)
    spans.push({ name: r.calls.length > 0 ? 'gateway, after' : 'gateway', className: 'other', from: before, to: last });
  return spans;
}

export function Waterfall({ request }: { request: RequestFacts }) {
  const spans = spansOf(request);
  const total = Math.max(...spans.map((s) => s.to), 0);
  if (spans.length === 0 || total <= 0)
    return <p class="muted">It was answered without a call, in under a millisecond.</p>;
  return (
    <ol class="waterfall">
      {spans.map((s) => (
        <li key={s.name}>
          <span class="waterfall-name">{s.name}</span>
          <span class="waterfall-time">{amount('duration', s.to - s.from)}</span>
          <span class={`waterfall-track ink--${s.className}`} aria-hidden="true">
            <span
              class="waterfall-fill"
              style={{
                marginLeft: `${(s.from / total) * 100}%`,
                width: `${Math.max(0.8, ((s.to - s.from) / total) * 100)}%`,
              }}
            />
          </span>
        </li>
      ))}
    </ol>
  );
}
