import type { ComponentChildren } from 'preact';
import type { Letter as L } from '../api/types';
import { showDerivation, type Derivation } from '../derive/derivation';
import { hasRange, number, rangeNumber, scaleFor, type Quantity, type Scale } from '../format/units';
import { Letter } from './letter';

interface Props {
  quantity: Quantity;
  value: number | null | undefined;
  low?: number | null | undefined;
  high?: number | null | undefined;
  letter?: L | null | undefined;
  shares?: Partial<Record<L, number>> | undefined;
  scale?: Scale; // a column's; else the figure's own
  unit?: boolean; // false where the column's head has it
  derive?: (() => Derivation) | undefined;
  block?: boolean; // the range on a line of its own, for tiles
  label?: string; // for who does not see the column's head
}

// A number in words or of an odd unit. A click shows where it comes from.
export function Derived({
  label,
  derive,
  children,
}: {
  label: string;
  derive: () => Derivation;
  children: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class="figure-button"
      title={`${label}: show where it comes from`}
      onClick={() => showDerivation(derive())}
    >
      {children}
    </button>
  );
}

// A number with its range, unit and letter. A click shows where it comes from.
export function Figure({
  quantity,
  value,
  low,
  high,
  letter,
  shares,
  scale,
  unit = true,
  derive,
  label,
  block = false,
}: Props) {
  if (value == null)
    return (
      <span class="figure-none" title="not known">
        –
      </span>
    );
  const by = scale ?? scaleFor(quantity, [value]);
  const range = { value, low, high };
  const text = rangeNumber(range, by);
  const ranged = hasRange(range);
  const first = ranged ? text.slice(0, text.indexOf(' (')) : text;
  const rest = ranged && <span class="figure-range">{text.slice(text.indexOf(' ('))}</span>;
  const shown = (
    <>
      <span class="figure-value">{first}</span>
      {!block && rest}
      {unit && by.unit && <span class="figure-unit"> {by.unit}</span>}
    </>
  );
  return (
    <span class="figure">
      {derive ? (
        <button
          type="button"
          class="figure-button"
          aria-label={`${label ? `${label}: ` : ''}${number(value, by)} ${by.unit}, show where it comes from`}
          onClick={() => showDerivation(derive())}
        >
          {shown}
        </button>
      ) : (
        <span>{shown}</span>
      )}
      {letter && <Letter letter={letter} shares={shares} />}
      {block && rest}
    </span>
  );
}
