import { useEffect, useRef } from 'preact/hooks';
import { backDerivation, closeDerivations, openDerivations, pushDerivation } from '../derive/derivation';
import { Letter } from './letter';

// The side panel: formula, inputs, where to look further. It stays beside the page, which can be used meanwhile.
export function DerivationPanel() {
  const all = openDerivations.value;
  const d = all[all.length - 1];
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef<HTMLElement | null>(null);

  useEffect(() => {
    if (!d) {
      before.current?.focus();
      before.current = null;
      return;
    }
    if (!before.current) before.current = document.activeElement as HTMLElement | null;
    heading.current?.focus();
  }, [d]);

  if (!d) return null;
  return (
    <div class="panel" role="dialog" aria-labelledby="panel-title">
      <div class="panel-head">
        {all.length > 1 && (
          <button type="button" class="button button-quiet" onClick={backDerivation}>
            Back
          </button>
        )}
        <h2 id="panel-title" ref={heading} tabIndex={-1}>
          {d.title}
        </h2>
        <button type="button" class="button button-quiet" aria-label="Close" onClick={closeDerivations}>
          ✕
        </button>
      </div>
      <div class="panel-body" tabIndex={0} role="group" aria-label="Derivation">
        <p class="panel-value">
          {d.value} {d.letter && d.value !== d.letter && <Letter letter={d.letter} />}
        </p>
        <p>{d.meaning}</p>
        {d.formula && (
          <section>
            <h3>Formula</h3>
            <pre class="formula">{d.formula.join('\n')}</pre>
          </section>
        )}
        {d.inputs && d.inputs.length > 0 && (
          <section>
            <h3>{d.formula ? 'Inputs' : 'In detail'}</h3>
            <dl class="inputs">
              {d.inputs.map((input) => (
                <div key={input.name}>
                  <dt>{input.name}</dt>
                  <dd>
                    {input.open ? (
                      <button type="button" class="link-button" onClick={() => pushDerivation(input.open!())}>
                        {input.value}
                      </button>
                    ) : (
                      <span>{input.value}</span>
                    )}
                    {input.note && <span class="input-note">{input.note}</span>}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        )}
        {d.exact && <p class="small muted">Exactly {d.exact}</p>}
        {d.links && d.links.length > 0 && (
          <section>
            <h3>Look further</h3>
            <ul class="links">
              {d.links.map((l) => (
                <li key={l.text}>
                  <a href={l.href} onClick={closeDerivations}>
                    {l.text}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        )}
        {d.command && (
          <section>
            <h3>The same in a terminal</h3>
            <pre class="formula">{d.command}</pre>
          </section>
        )}
        {d.docs && <p class="small muted">Described in {d.docs.join(', ')}</p>}
      </div>
    </div>
  );
}
