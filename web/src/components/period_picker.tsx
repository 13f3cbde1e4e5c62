import { useState } from 'preact/hooks';
import { dateTime } from '../format/time';
import { filterNames, type FilterName, params, period, presets, setParams, setPeriod, setWindow } from '../state/url';

const names: Record<string, string> = {
  '15m': '15 min',
  '1h': '1 h',
  '6h': '6 h',
  '24h': '24 h',
  '7d': '7 d',
  '30d': '30 d',
};

// What an <input type="datetime-local"> takes.
const local = (ms: number): string => {
  const d = new Date(ms);
  return new Date(ms - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

export function PeriodPicker() {
  const [open, setOpen] = useState(false);
  const now = period.value;
  const to = now.until ? Date.parse(now.until) : Date.now();
  const submit = (event: Event): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const from = new Date(String(form.get('from'))).getTime(),
      until = new Date(String(form.get('to'))).getTime();
    if (from < until) {
      setWindow(from, until);
      setOpen(false);
    }
  };
  return (
    <div class="period">
      <div class="segments" role="group" aria-label="Time range">
        {presets.map((p) => (
          <button key={p} type="button" aria-pressed={now.live && now.since === p} onClick={() => setPeriod(p)}>
            {names[p]}
          </button>
        ))}
        <button type="button" aria-pressed={!now.live} aria-expanded={open} onClick={() => setOpen(!open)}>
          {now.live ? 'Custom' : `${dateTime(now.since, false).slice(5)} to ${dateTime(now.until, false).slice(5)}`}
        </button>
      </div>
      {open && (
        <form class="popover" onSubmit={submit}>
          <label>
            From <input type="datetime-local" name="from" required defaultValue={local(to - now.seconds * 1000)} />
          </label>
          <label>
            To <input type="datetime-local" name="to" required defaultValue={local(to)} />
          </label>
          <div class="popover-foot">
            <button type="button" class="button button-quiet" onClick={() => setOpen(false)}>
              Cancel
            </button>
            <button type="submit" class="button button-main">
              Show
            </button>
          </div>
        </form>
      )}
    </div>
  );
}

// What the figures are limited to; each goes with a click.
export function FilterChips({ heeded }: { heeded: readonly FilterName[] }) {
  const set = heeded.filter((name) => params.value.get(name));
  if (set.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {set.map((name) => (
        <li key={name}>
          <button
            type="button"
            class="chip"
            aria-label={`Remove the filter ${name} ${params.value.get(name)}`}
            onClick={() => setParams({ [name]: null })}
          >
            <span class="muted">{name}</span> {params.value.get(name)} <span aria-hidden="true">✕</span>
          </button>
        </li>
      ))}
      {set.length > 1 && (
        <li>
          <button
            type="button"
            class="link-button"
            onClick={() => setParams(Object.fromEntries(filterNames.map((n) => [n, null])))}
          >
            Clear all
          </button>
        </li>
      )}
    </ul>
  );
}
