import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { closeDerivations } from '../derive/derivation';
import { pages } from '../pages/list';
import { href, navigate, period, presets, setPeriod } from '../state/url';
import { toggleTheme } from '../state/theme';

export const helpOpen = signal(false);

function typing(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return !!target?.closest('input:not([type="range"]), textarea, select, [contenteditable]');
}

function step(by: number): void {
  const at = presets.indexOf(period.value.since as (typeof presets)[number]);
  const next = presets[Math.min(presets.length - 1, Math.max(0, (at < 0 ? 3 : at) + by))];
  if (next) setPeriod(next);
}

let afterG = 0; // until when a letter means a page, ms

function onKey(event: KeyboardEvent): void {
  if (event.key === 'Escape') {
    if (helpOpen.value) helpOpen.value = false;
    else closeDerivations();
    return;
  }
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || helpOpen.value) return;
  if (afterG > Date.now()) {
    afterG = 0;
    const page = pages.find((p) => p.key === event.key);
    if (page) {
      event.preventDefault();
      navigate(href(page.path));
    }
    return;
  }
  const acts: Record<string, () => void> = {
    g: () => (afterG = Date.now() + 1500),
    t: toggleTheme,
    '[': () => step(-1),
    ']': () => step(1),
    '?': () => (helpOpen.value = true),
    '/': () => {
      const search = document.querySelector<HTMLInputElement>('input[type="search"]');
      if (search) search.focus();
      else navigate(href('/requests'));
    },
  };
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

export function Shortcuts() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  useEffect(() => {
    if (helpOpen.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [helpOpen.value]);
  const rows: [string, string][] = [
    ...pages.map((p): [string, string] => [`g ${p.key}`, p.title]),
    ['/', 'Search requests'],
    ['[ and ]', 'Shorter, longer time range'],
    ['t', 'Dark or light'],
    ['Esc', 'Close'],
    ['?', 'This list'],
  ];
  return (
    <dialog class="dialog" ref={dialog} aria-labelledby="keys-title" onClose={() => (helpOpen.value = false)}>
      <h2 id="keys-title">Keyboard shortcuts</h2>
      <dl class="keys">
        {rows.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="button" onClick={() => (helpOpen.value = false)}>
        Close
      </button>
    </dialog>
  );
}
