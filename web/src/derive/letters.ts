// The letters of docs/accounting.md §5 in a sentence each.
import type { Letter } from '../api/types';
import type { Derivation } from './derivation';

export const letters: readonly Letter[] = ['A', 'B', 'C', 'D', 'S'];

export const letterMeaning: Record<Letter, string> = {
  A: 'Metered joules and an hourly grid intensity.',
  B: 'Metered joules and a yearly intensity, or a measured curve and an hourly one.',
  C: 'A curve of the model on the hardware, and a yearly intensity.',
  D: 'An estimate of a vendor’s machines, which nobody outside can measure.',
  S: 'A simulated engine answered: good for trying things out, no statement about real machines.',
};

export function letterDerivation(letter: Letter, shares?: Partial<Record<Letter, number>>): Derivation {
  return {
    title: 'Quality of a figure',
    value: letter,
    letter,
    meaning:
      'A letter says what a figure rests on. A sum has the lowest letter that holds over 5 % of its energy; ranges beside figures are 90 % ranges.',
    inputs: letters.map((l) => ({
      name: l === letter ? `${l}, this figure` : l,
      value: shares ? `${(100 * (shares[l] ?? 0)).toFixed(1)} %` : '',
      note: letterMeaning[l],
    })),
    docs: ['docs/accounting.md §5'],
  };
}
