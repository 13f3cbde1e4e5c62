import type { ComponentChildren } from 'preact';
import type { DerivedInput } from '../derive/derivation';
import { Derived } from './figure';

// A value that is more than text (a link, code) is given as a component; a number has `open`, its derivation.
export interface Fact extends Omit<DerivedInput, 'value'> {
  value: ComponentChildren;
}

export function Facts({ facts, class: more = '' }: { facts: Fact[]; class?: string }) {
  return (
    <dl class={`facts ${more}`}>
      {facts.map((f) => (
        <div key={f.name}>
          <dt>{f.name}</dt>
          <dd>
            {f.open ? (
              <Derived label={f.name} derive={f.open}>
                {f.value}
              </Derived>
            ) : (
              f.value
            )}
            {f.note && <span class="input-note">{f.note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
