// Light or dark: the system's, until somebody chooses. Kept in this browser.
import { signal } from '@preact/signals';

export type Theme = 'light' | 'dark';
const kept = 'trine.theme';

function stored(): Theme | null {
  try {
    const value = localStorage.getItem(kept);
    return value === 'light' || value === 'dark' ? value : null;
  } catch {
    return null; // storage may be forbidden
  }
}

const dark = window.matchMedia('(prefers-color-scheme: dark)');
export const theme = signal<Theme>(stored() ?? (dark.matches ? 'dark' : 'light'));

function show(value: Theme): void {
  document.documentElement.dataset.theme = value;
}

show(theme.value);
theme.subscribe(show);
dark.addEventListener('change', (event) => {
  if (!stored()) theme.value = event.matches ? 'dark' : 'light';
});

export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(kept, theme.value);
  } catch {
    // It holds for this visit.
  }
}
