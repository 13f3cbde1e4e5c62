import { useQuery } from '../api/query';
import type { Report, Row } from '../api/types';
import { Bars } from '../components/bars';
import { Card } from '../components/card';
import { Figure } from '../components/figure';
import { Letter } from '../components/letter';
import { Empty, Loaded } from '../components/states';
import { amounts, single, type Column } from '../components/table';
import { TableCard } from '../components/table_card';
import {
  carbonOf,
  costOf,
  costPerMtokOf,
  energyOf,
  gramsPerMtokOf,
  joulesPerTokenOf,
  perRequest,
  perRequestOf,
  perToken,
  requestsOf,
  tokensOf,
  type RowContext,
} from '../derive/row';
import type { Derivation } from '../derive/derivation';
import { euros, grams, joules, scaleFor, type Quantity } from '../format/units';
import { apiQuery, changed, filterNames, params, path, setParams, type FilterName } from '../state/url';

const groupings = ['workload', 'route', 'model', 'deployment', 'zone', 'team', 'project', 'key', 'user'] as const;
type Grouping = (typeof groupings)[number];

const named = (name: string, by: string): string => (name === '' ? `no ${by}` : name);

function contextOf(row: Row, by: Grouping): RowContext {
  const filter: Record<string, string> =
    (filterNames as readonly string[]).includes(by) || by === 'route' ? { [by]: row.name } : {};
  return { what: row.name === 'total' ? 'all' : `${by} ${named(row.name, by)}`, by, filter };
}

// A click on the name limits the page to it, where that is a filter.
function Name({ row, by }: { row: Row; by: Grouping }) {
  const text = named(row.name, by);
  const filters = (filterNames as readonly string[]).includes(by) && row.name !== '';
  const inner = filters ? (
    <a href={`${path.value}?${changed(params.value, { [by as FilterName]: row.name })}`} title={`Only ${text}`}>
      {text}
    </a>
  ) : (
    text
  );
  return (
    <span class="with-letter">
      {inner} <Letter letter={row.quality} shares={row.quality_shares} />
    </span>
  );
}

function columnsOf(rows: Row[], by: Grouping): Column<Row>[] {
  const derived = (make: (row: Row, context: RowContext) => Derivation) => (row: Row) => make(row, contextOf(row, by));
  return [
    {
      id: 'name',
      head: by[0]!.toUpperCase() + by.slice(1),
      value: (r) => named(r.name, by),
      more: [{ head: 'Quality', value: (r) => r.quality }],
      cell: (r) => (r.name === 'total' ? 'Total' : <Name row={r} by={by} />),
    },
    amounts({
      id: 'requests',
      head: 'Requests',
      quantity: 'count',
      rows,
      get: (r) => single(r.requests),
      derive: derived(requestsOf),
    }),
    amounts({
      id: 'tokens',
      head: 'Tokens',
      quantity: 'tokens',
      rows,
      get: (r) => single(r.tokens_in + r.tokens_out),
      derive: derived(tokensOf),
    }),
    amounts({
      id: 'jtok',
      head: 'Energy',
      group: 'Per token and Mtok',
      quantity: 'joules_per_token',
      rows,
      get: (r) => perToken(r, 'energy'),
      derive: derived(joulesPerTokenOf),
    }),
    amounts({
      id: 'eurmtok',
      head: 'Cost',
      group: 'Per token and Mtok',
      quantity: 'money_per_mtok',
      rows,
      get: (r) => single(r.cost_per_mtok),
      derive: derived(costPerMtokOf),
    }),
    amounts({
      id: 'gmtok',
      head: 'Carbon',
      group: 'Per token and Mtok',
      quantity: 'grams_per_mtok',
      rows,
      get: (r) => perToken(r, 'carbon'),
      derive: derived(gramsPerMtokOf),
    }),
    amounts({
      id: 'jdoc',
      head: 'Energy',
      group: 'Per document',
      quantity: 'joules_per_request',
      rows,
      get: (r) => perRequest(r, 'energy'),
      derive: derived((r, c) => perRequestOf('energy', r, c)),
    }),
    amounts({
      id: 'eurdoc',
      head: 'Cost',
      group: 'Per document',
      quantity: 'money',
      rows,
      get: (r) => perRequest(r, 'cost'),
      derive: derived((r, c) => perRequestOf('cost', r, c)),
    }),
    amounts({
      id: 'gdoc',
      head: 'Carbon',
      group: 'Per document',
      quantity: 'carbon',
      rows,
      get: (r) => perRequest(r, 'carbon'),
      derive: derived((r, c) => perRequestOf('carbon', r, c)),
    }),
    amounts({
      id: 'cost',
      head: 'Cost',
      group: 'In all',
      quantity: 'money',
      rows,
      get: (r) => ({ value: euros(r.cost_neur) }),
      derive: derived(costOf),
    }),
    amounts({
      id: 'energy',
      head: 'Energy',
      group: 'In all',
      quantity: 'energy',
      rows,
      get: (r) => ({ value: joules(r.energy_uj), low: joules(r.energy_low_uj), high: joules(r.energy_high_uj) }),
      derive: derived(energyOf),
    }),
    amounts({
      id: 'carbon',
      head: 'Carbon',
      group: 'In all',
      quantity: 'carbon',
      rows,
      get: (r) => ({ value: grams(r.carbon_ng), low: grams(r.carbon_low_ng), high: grams(r.carbon_high_ng) }),
      derive: derived(carbonOf),
    }),
  ];
}

function Comparison({ rows, by }: { rows: Row[]; by: Grouping }) {
  const most = [...rows].sort((a, b) => b.tokens_in + b.tokens_out - a.tokens_in - a.tokens_out).slice(0, 6);
  const card = (
    title: string,
    note: string,
    color: string,
    quantity: Quantity,
    get: (r: Row) => number | null,
    derive: (row: Row, context: RowContext) => Derivation,
  ) => {
    const scale = scaleFor(quantity, most.map(get));
    return (
      <Card title={title} note={note}>
        <Bars
          color={color}
          bars={most.map((r) => ({
            name: named(r.name, by),
            value: get(r),
            shown: (
              <Figure
                quantity={quantity}
                scale={scale}
                value={get(r)}
                label={named(r.name, by)}
                derive={() => derive(r, contextOf(r, by))}
              />
            ),
          }))}
        />
      </Card>
    );
  };
  return (
    <div class="thirds">
      {card(
        'Energy per token',
        'facility joules, in and out tokens',
        '--energy',
        'joules_per_token',
        (r) => r.joules_per_token,
        joulesPerTokenOf,
      )}
      {card(
        'Cost per million tokens',
        'without idle',
        '--cost',
        'money_per_mtok',
        (r) => r.cost_per_mtok,
        costPerMtokOf,
      )}
      {card(
        'Carbon per million tokens',
        'operational and embodied',
        '--carbon',
        'grams_per_mtok',
        (r) => r.grams_per_mtok,
        gramsPerMtokOf,
      )}
    </div>
  );
}

export function Workloads() {
  const asked = params.value.get('by') as Grouping | null;
  const by: Grouping = asked && groupings.includes(asked) ? asked : 'workload';
  const report = useQuery<Report>(`/v1/ui/report?${apiQuery(params.value, { by })}`, 10);
  return (
    <div class="page">
      <div class="toolbar">
        <label>
          By{' '}
          <select
            value={by}
            onChange={(e) => setParams({ by: e.currentTarget.value === 'workload' ? null : e.currentTarget.value })}
          >
            {groupings.map((g) => (
              <option key={g} value={g}>
                {g}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Loaded query={report} what="The report">
        {(data) => {
          const rows = data.rows;
          if (rows.length === 0) {
            return (
              <Empty title="No requests in this time">
                Choose a longer time range, or remove a filter. A request names its workload in the header{' '}
                <code>x-trine-workload</code>, or its key or route does.
              </Empty>
            );
          }
          return (
            <>
              <Comparison rows={rows} by={data.by as Grouping} />
              <TableCard
                title={`By ${data.by}`}
                note="Direct figures of the requests; a click on a number shows where it comes from"
                name={`by-${data.by}`}
                caption={`Figures by ${data.by}`}
                rows={rows}
                rowKey={(r) => r.name}
                sort="-energy"
                columns={columnsOf(rows, data.by as Grouping)}
                foot={{ ...data.total, name: 'total' }}
                empty={null}
              />
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
