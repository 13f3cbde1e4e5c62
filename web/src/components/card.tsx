import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Props {
  title?: string;
  note?: ComponentChildren; // a line under the title
  actions?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
  flush?: boolean; // a table reaches the card's edges
}

export function Card({ title, note, actions, children, class: more = '', flush = false }: Props) {
  const own = useId();
  const id = title ? own : undefined;
  return (
    <section class={`card ${flush ? 'card-flush' : ''} ${more}`} aria-labelledby={id}>
      {(title || actions) && (
        <header class="card-head">
          <div>
            {title && <h2 id={id}>{title}</h2>}
            {note && <p class="card-note">{note}</p>}
          </div>
          {actions && <div class="card-actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

// A big number with its name, and what it is compared with.
export function Tile({
  name,
  children,
  foot,
  tone,
}: {
  name: string;
  children: ComponentChildren;
  foot?: ComponentChildren;
  tone?: string;
}) {
  return (
    <div class={`tile ${tone ? `tile-${tone}` : ''}`}>
      <div class="tile-name">{name}</div>
      <div class="tile-value">{children}</div>
      {foot && <div class="tile-foot">{foot}</div>}
    </div>
  );
}

export function Badge({
  tone = 'plain',
  children,
}: {
  tone?: 'plain' | 'good' | 'warn' | 'bad' | 'info';
  children: ComponentChildren;
}) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}
