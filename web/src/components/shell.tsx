import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { connection, live } from '../api/live';
import { me, post } from '../api/client';
import type { Me } from '../api/types';
import { pageOf, pages } from '../pages/list';
import { href, path } from '../state/url';
import { theme, toggleTheme } from '../state/theme';
import { DerivationPanel } from './derivation_panel';
import { FilterChips, PeriodPicker } from './period_picker';
import { helpOpen } from './shortcuts';
import { Icon } from './icon';
import { Logo } from './logo';

const menuOpen = signal(false);
path.subscribe(() => (menuOpen.value = false));

const said = { connecting: 'Connecting', live: 'Live', lost: 'No connection', paused: 'Paused' } as const;

function LiveMark() {
  const state = connection.value;
  const at = live.value ? new Date(live.value.at).toLocaleTimeString('en-GB') : '';
  return (
    <span class={`live live-${state}`} role="status" title={at ? `Latest news at ${at}` : undefined}>
      <span class="live-dot" aria-hidden="true" />
      {said[state]}
    </span>
  );
}

async function signOut(): Promise<void> {
  await post('/v1/ui/logout', {}).catch(() => undefined);
  window.location.assign('/login');
}

function Who({ who }: { who: Me }) {
  if (who.open) return <p class="nav-who small">Open to whoever reaches this port: no identity is configured.</p>;
  return (
    <div class="nav-who small">
      <span class="nav-actor" title={who.actor ?? ''}>
        {who.actor}
      </span>
      <span class="muted">{who.role}</span>
      <button type="button" class="link-button" onClick={() => void signOut()}>
        Sign out
      </button>
    </div>
  );
}

function Nav() {
  const here = pageOf(path.value);
  return (
    <nav class={`nav ${menuOpen.value ? 'nav-open' : ''}`} aria-label="Pages" id="nav">
      <ul>
        {pages.map((p) => (
          <li key={p.path}>
            <a href={href(p.path)} aria-current={here === p ? 'page' : undefined}>
              <Icon name={p.title} />
              {p.title}
            </a>
          </li>
        ))}
      </ul>
      <div class="nav-foot">
        {me.value && <Who who={me.value} />}
        <button type="button" class="link-button small" onClick={() => (helpOpen.value = true)}>
          Keyboard shortcuts
        </button>
        <span class="muted small">Trine {me.value?.version}</span>
      </div>
    </nav>
  );
}

export function Shell({ children }: { children: ComponentChildren }) {
  const page = pageOf(path.value);
  return (
    <div class="shell">
      <a class="skip" href="#main" data-plain>
        Skip to content
      </a>
      <header class="brand">
        <button
          type="button"
          class="menu-button"
          aria-expanded={menuOpen.value}
          aria-controls="nav"
          aria-label="Menu"
          onClick={() => (menuOpen.value = !menuOpen.value)}
        >
          <Icon name="menu" />
        </button>
        <a class="brand-name" href={href('/')}>
          <Logo size={24} /> Trine
        </a>
        <span class="brand-tools">
          <LiveMark />
          <button
            type="button"
            class="icon-button"
            aria-label={theme.value === 'dark' ? 'Light theme' : 'Dark theme'}
            onClick={toggleTheme}
          >
            <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
          </button>
        </span>
      </header>
      <Nav />
      <main id="main" tabIndex={-1}>
        {page ? (
          <div class="page-head">
            <div>
              <h1>{page.title}</h1>
              <p class="page-about">{page.about}</p>
            </div>
            {page.period && path.value === page.path && <PeriodPicker />}
            {path.value === page.path && <FilterChips heeded={page.filters} />}
          </div>
        ) : (
          <div class="page-head">
            <h1>Not found</h1>
          </div>
        )}
        {children}
      </main>
      <DerivationPanel />
    </div>
  );
}
