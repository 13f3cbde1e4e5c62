import { useState } from 'preact/hooks';
import { ApiError, get, me, post } from '../api/client';
import { forgetAnswers } from '../api/query';
import type { Me } from '../api/types';
import { Logo } from '../components/logo';
import { navigate, params, path } from '../state/url';

// Paths that only lead here: after the sign-in there is nothing to go back to.
export const doors = ['/login', '/setup'];

function target(): string {
  const to = params.value.get('to');
  // Only a path of this origin: a link must not lead elsewhere after the sign-in.
  return to && to.startsWith('/') && !to.startsWith('//') && !to.startsWith('/\\')
    ? to
    : doors.includes(path.value)
      ? '/'
      : window.location.pathname + window.location.search;
}

// A link to /setup may bring the token behind its #, which no server sees and which goes from the address at once.
function broughtToken(): string {
  const token = new URLSearchParams(window.location.hash.slice(1)).get('token') ?? '';
  if (token) window.history.replaceState(null, '', window.location.pathname + window.location.search);
  return token;
}

export function SignIn({ who }: { who: Me }) {
  const [error, setError] = useState(
    params.value.get('failed') === 'oidc'
      ? 'The provider did not confirm who you are. Try again, or ask your operator for a role.'
      : '',
  );
  const [busy, setBusy] = useState(false);
  const setup = who.ways.setup;
  const [token] = useState(broughtToken);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement));
    if (setup && form.password !== form.again) {
      setError('The two passwords differ.');
      return;
    }
    delete form.again;
    setBusy(true);
    setError('');
    try {
      await post(setup ? '/v1/ui/setup' : '/v1/ui/login', form);
      forgetAnswers();
      const next = await get<Me>('/v1/ui/me');
      const to = target();
      me.value = next;
      navigate(to);
    } catch (e) {
      const told = e instanceof ApiError ? e : new ApiError(0, String(e));
      setError(told.message + (told.retryAfterSeconds != null ? ` Try again in ${told.retryAfterSeconds} s.` : ''));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="alone">
      <div class="sign-in card">
        <p class="brand-name">
          <Logo size={28} /> Trine
        </p>
        <h1>{setup ? 'Set up the first administrator' : 'Sign in'}</h1>
        {setup && !token && <p class="muted">The first-run token is in the gateway’s log, printed when it started.</p>}
        {error && (
          <p class="notice notice-bad" role="alert">
            {error}
          </p>
        )}
        {(who.ways.password || setup) && (
          <form onSubmit={(e) => void submit(e)}>
            {setup && (
              <label class="field">
                <span>First-run token</span>
                <input name="token" required autocomplete="off" defaultValue={token} />
              </label>
            )}
            <label class="field">
              <span>User</span>
              <input name="user" required autocomplete="username" defaultValue={setup ? 'admin' : ''} />
            </label>
            <label class="field">
              <span>Password{setup && ', 12 characters or more'}</span>
              <input
                type="password"
                name="password"
                required
                minLength={setup ? 12 : 1}
                maxLength={256}
                autocomplete={setup ? 'new-password' : 'current-password'}
              />
            </label>
            {setup && (
              <label class="field">
                <span>Password again</span>
                <input type="password" name="again" required autocomplete="new-password" />
              </label>
            )}
            <button type="submit" class="button button-main" disabled={busy}>
              {setup ? 'Make the administrator' : 'Sign in'}
            </button>
          </form>
        )}
        {who.ways.oidc.map((p) => (
          <a
            key={p.href}
            class="button"
            href={`${p.href}${p.href.includes('?') ? '&' : '?'}to=${encodeURIComponent(target())}`}
          >
            Sign in with {p.name}
          </a>
        ))}
        {!who.ways.password && !setup && who.ways.oidc.length === 0 && (
          <p>
            {who.closed ||
              'No way to sign in is configured: name identity.dir or oidc in the configuration (docs/keys.md).'}
          </p>
        )}
      </div>
    </main>
  );
}
