import type { Letter as L } from '../api/types';
import { showDerivation } from '../derive/derivation';
import { letterDerivation, letterMeaning } from '../derive/letters';

interface Props {
  letter: L | null | undefined;
  shares?: Partial<Record<L, number>> | undefined;
}

// The badge beside a figure; a click says what it means.
export function Letter({ letter, shares }: Props) {
  if (!letter) return null;
  return (
    <button
      type="button"
      class={`letter letter-${letter}`}
      title={letterMeaning[letter]}
      aria-label={`Quality ${letter}: ${letterMeaning[letter]}`}
      onClick={() => showDerivation(letterDerivation(letter, shares))}
    >
      {letter}
    </button>
  );
}
