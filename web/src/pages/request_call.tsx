// How one call came to its figures: settlements, the windows of the meter, factors.
import type { Call, ExplainedCall, MeterWindow, Settlement } from '../api/types';
import { Card } from '../components/card';
import { Empty } from '../components/states';
import { Facts } from '../components/facts';
import { amounts, single, Table, type Column } from '../components/table';
import type { Derivation } from '../derive/derivation';
import { factorLines, latest, secondsBetween, settledOf, windowOf } from '../derive/request';
import { amount, euros, joules } from '../format/units';
import { dateTime } from '../format/time';

const basisText: Record<string, string> = {
  provisional: 'at the end of the call, estimated',
  window: 'from the meter, more to come',
  final: 'final',
};

function settlementColumns(rows: Settlement[], derive: (s: Settlement) => Derivation): Column<Settlement>[] {
  return [
    {
      id: 'version',
      head: 'Settlement',
      value: (s) => s.version,
      cell: (s) => `${s.version}: ${basisText[s.basis] ?? s.basis}`,
    },
    { id: 'booked', head: 'Booked', value: (s) => s.booked_at, cell: (s) => dateTime(s.booked_at) },
    amounts({
      id: 'energy',
      head: 'Energy',
      quantity: 'energy',
      rows,
      get: (s) => ({ value: s.energy_j, low: s.energy_low_j, high: s.energy_high_j }),
      letter: (s) => s.quality,
      derive,
    }),
    amounts({
      id: 'carbon',
      head: 'Carbon',
      quantity: 'carbon',
      rows,
      get: (s) => ({ value: s.carbon_g, low: s.carbon_low_g, high: s.carbon_high_g }),
      derive,
    }),
    amounts({ id: 'cost', head: 'Cost', quantity: 'money', rows, get: (s) => ({ value: s.cost }), derive }),
  ];
}

function windowColumns(rows: MeterWindow[]): Column<MeterWindow>[] {
  return [
    {
      id: 'begin',
      head: 'Window',
      value: (w) => w.begin,
      cell: (w) => (
        <>
          {dateTime(w.begin)} <span class="muted">{amount('duration', secondsBetween(w.begin, w.end))}</span>
        </>
      ),
    },
    { id: 'device', head: 'Device', value: (w) => w.device },
    amounts({
      id: 'total',
      head: 'Device took',
      quantity: 'energy',
      rows,
      get: (w) => ({ value: joules(w.total.energy_uj) }),
      letter: (w) => w.quality,
      derive: windowOf,
    }),
    amounts({
      id: 'share',
      head: 'Weight of all',
      quantity: 'share',
      rows,
      get: (w) => ({ value: w.all_weight_j > 0 ? w.weight_j / w.all_weight_j : 0 }),
      derive: windowOf,
    }),
    amounts({
      id: 'ours',
      head: 'Of this call',
      quantity: 'energy',
      rows,
      get: (w) => ({ value: joules(w.ours.energy_uj) }),
      derive: windowOf,
    }),
    amounts({
      id: 'cost',
      head: 'Cost',
      quantity: 'money',
      rows,
      get: (w) => ({ value: euros(w.ours.cost_neur) }),
      derive: windowOf,
    }),
    amounts({ id: 'calls', head: 'Calls', quantity: 'count', rows, get: (w) => single(w.calls), derive: windowOf }),
    amounts({
      id: 'grid',
      head: 'Grid',
      quantity: 'intensity',
      rows,
      get: (w) => single(w.intensity_g_per_kwh),
      derive: windowOf,
    }),
  ];
}

// The shares are found again from what the ledger keeps; what was settled counts.
function FoundAgain({ call, windows }: { call: Call; windows: MeterWindow[] }) {
  const settled = latest(call);
  if (!settled || settled.basis === 'provisional') return null;
  const again = windows.reduce((sum, w) => sum + w.ours.energy_uj, 0);
  const apart = settled.energy_uj > 0 ? Math.abs(again / settled.energy_uj - 1) : 0;
  return (
    <p class="card-inner small muted">
      Found again from what the ledger keeps: {amount('energy', joules(again))}; settled:{' '}
      {amount('energy', settled.energy_j)}.
      {apart > 0.05 &&
        ' They differ where tokens did not come evenly, and where weights were fitted or the configuration changed since; what was settled counts.'}
    </p>
  );
}

export function CallCard({ call, explained }: { call: Call; explained: ExplainedCall | undefined }) {
  const lines = factorLines(explained?.factors ?? null);
  return (
    <Card
      title={`How call ${call.attempt + 1} came to its figures`}
      note={`${call.model} on ${call.deployment}${call.simulated ? ', a simulated engine' : ''}`}
      flush
    >
      <Table
        name={`settlements-${call.attempt}`}
        caption="Settlements"
        rows={call.settlements}
        rowKey={(s) => String(s.version)}
        columns={settlementColumns(call.settlements, (s) => settledOf(call, s, explained))}
        empty={
          <Empty title="Not settled yet">
            A call is settled when it ends, and again when its meter’s windows are closed: within a minute or so.
          </Empty>
        }
      />
      {explained && explained.windows.length > 0 && (
        <>
          <h3 class="card-sub">Windows of the meter in which it had work</h3>
          <Table
            name={`windows-${call.attempt}`}
            caption="Meter windows"
            rows={explained.windows}
            rowKey={(w) => `${w.begin} ${w.device}`}
            columns={windowColumns(explained.windows)}
            empty={null}
          />
          <FoundAgain call={call} windows={explained.windows} />
        </>
      )}
      {explained && explained.windows.length === 0 && (
        <p class="card-sub muted">
          No meter: the figures are estimated from the model’s curve on the hardware, or the vendor’s formula.
        </p>
      )}
      {lines.length > 0 && (
        <>
          <h3 class="card-sub">Factors</h3>
          <Facts facts={lines} class="card-inner" />
        </>
      )}
    </Card>
  );
}
