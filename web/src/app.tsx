import { useEffect, useState } from 'preact/hooks';
import { ApiError, get, me } from './api/client';
import { startLive } from './api/live';
import type { Me } from './api/types';
import { Shell } from './components/shell';
import { Shortcuts } from './components/shortcuts';
import { Empty } from './components/states';
import { setCurrency } from './format/units';
import { Budgets } from './pages/budgets';
import { Decisions } from './pages/decisions';
import { Fleet } from './pages/fleet';
import { GridPage } from './pages/grid';
import { GuardPage } from './pages/guard';
import { pageOf } from './pages/list';
import { Overview } from './pages/overview';
import { RequestPage } from './pages/request';
import { RequestsPage } from './pages/requests';
import { SettingsPage } from './pages/settings';
import { doors, SignIn } from './pages/sign_in';
import { Workloads } from './pages/workloads';
import { closeDerivations } from './derive/derivation';
import { href, path } from './state/url';

function Page() {
  const here = path.value;
  if (here.startsWith('/requests/')) return <RequestPage id={decodeURIComponent(here.slice('/requests/'.length))} />;
  switch (pageOf(here)?.path) {
    case '/':
      return <Overview />;
    case '/workloads':
      return <Workloads />;
    case '/grid':
      return <GridPage />;
    case '/fleet':
      return <Fleet />;
    case '/decisions':
      return <Decisions />;
    case '/requests':
      return <RequestsPage />;
    case '/guard':
      return <GuardPage />;
    case '/budgets':
      return <Budgets />;
    case '/settings':
      return <SettingsPage />;
    default:
      return (
        <Empty title="There is no such page">
          <a href={href('/')}>To the overview</a>
        </Empty>
      );
  }
}

export function App() {
  const [failed, setFailed] = useState<ApiError | null>(null);
  const load = (): void => {
    setFailed(null);
    get<Me>('/v1/ui/me').then(
      (who) => {
        setCurrency(who.currency);
        me.value = who;
        startLive();
      },
      (error: unknown) => setFailed(error instanceof ApiError ? error : new ApiError(0, String(error))),
    );
  };
  useEffect(load, []);
  useEffect(() => {
    const here = path.value;
    closeDerivations();
    document.title = me.value?.signed_in ? `${pageOf(here)?.title ?? 'Not found'} · Trine` : 'Sign in · Trine';
  }, [path.value, me.value?.signed_in]);

  if (failed) {
    return (
      <main class="alone">
        <Empty title="The gateway cannot be reached">
          {failed.message}{' '}
          <button type="button" class="link-button" onClick={load}>
            Try again
          </button>
        </Empty>
      </main>
    );
  }
  if (!me.value) return null;
  if (!me.value.signed_in || doors.includes(path.value)) return <SignIn who={me.value} />;
  return (
    <>
      <Shell>
        <Page />
      </Shell>
      <Shortcuts />
    </>
  );
}
