// Where a number comes from: what the side panel shows when somebody clicks it.
import { signal } from '@preact/signals';
import type { Letter } from '../api/types';

export interface DerivedInput {
  name: string;
  value: string;
  note?: string | undefined;
  open?: (() => Derivation) | undefined; // an input that has a derivation of its own
}

export interface Derivation {
  title: string;
  value: string;
  meaning: string; // one or two sentences
  formula?: string[]; // a line each
  inputs?: DerivedInput[];
  letter?: Letter | null | undefined;
  exact?: string | undefined; // the integer of the ledger, to compare with the command line
  command?: string | undefined; // the same number in a terminal
  docs?: string[]; // "docs/accounting.md §2"
  links?: { text: string; href: string }[];
}

// Of a number that is what it is: counted or measured, not computed from others.
export function counted(title: string, value: string, meaning: string, more: Partial<Derivation> = {}): Derivation {
  return { title, value, meaning, ...more };
}

// What is open, the newest last: an input's derivation goes on top, and Back returns.
export const openDerivations = signal<Derivation[]>([]);

export function showDerivation(d: Derivation): void {
  openDerivations.value = [d];
}
export function pushDerivation(d: Derivation): void {
  openDerivations.value = [...openDerivations.value, d];
}
export function backDerivation(): void {
  openDerivations.value = openDerivations.value.slice(0, -1);
}
export function closeDerivations(): void {
  openDerivations.value = [];
}
