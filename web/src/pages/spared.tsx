// What documents and caches kept from the engines, step by step.
import { useQuery } from '../api/query';
import type { Report, Row } from '../api/types';
import { Loaded } from '../components/states';
import { amounts, type Column } from '../components/table';
import { TableCard } from '../components/table_card';
import type { Derivation } from '../derive/derivation';
import { stepName } from '../derive/steps';
import { amount, count, euros, grams, joules } from '../format/units';
import { apiQuery, params } from '../state/url';

function sparedOf(r: Row): Derivation {
  const a = r.avoided!;
  return {
    title: `Spared: ${stepName(r.name)}`,
    value: amount('energy', joules(a.energy_uj), joules(a.energy_low_uj), joules(a.energy_high_uj)),
    letter: a.quality,
    meaning:
      'What these tokens would have taken at the deployment that served the rest; of a cached answer, what the first one took. A part of the saving, never added to it.',
    formula: ['spared = estimate of the call with the tokens − estimate without them'],
    inputs: [
      { name: 'Requests', value: count(a.requests), note: `${count(a.without_call)} of them without any call` },
      { name: 'Prompt tokens', value: count(a.tokens_in) },
      { name: 'Output tokens', value: count(a.tokens_out) },
      { name: 'Carbon', value: amount('carbon', grams(a.carbon_ng), grams(a.carbon_low_ng), grams(a.carbon_high_ng)) },
      { name: 'Cost', value: amount('money', euros(a.cost_neur)) },
    ],
    command: 'trine report -c trine.yaml --by step',
    docs: ['docs/accounting.md §6'],
  };
}

function columnsOf(rows: Row[]): Column<Row>[] {
  const letter = (r: Row) => r.avoided?.quality;
  return [
    {
      id: 'step',
      head: 'Step',
      value: (r) => r.name,
      cell: (r) =>
        r.name === 'total' ? (
          'Total'
        ) : (
          <>
            {stepName(r.name)} <span class="muted">{r.name}</span>
          </>
        ),
    },
    amounts({
      id: 'requests',
      head: 'Requests',
      quantity: 'count',
      rows,
      get: (r) => ({ value: r.avoided?.requests ?? 0 }),
      derive: sparedOf,
    }),
    amounts({
      id: 'tokens',
      head: 'Tokens',
      quantity: 'tokens',
      rows,
      get: (r) => ({ value: (r.avoided?.tokens_in ?? 0) + (r.avoided?.tokens_out ?? 0) }),
      derive: sparedOf,
    }),
    amounts({
      id: 'cost',
      head: 'Cost',
      quantity: 'money',
      rows,
      get: (r) => (r.avoided ? { value: euros(r.avoided.cost_neur) } : null),
      derive: sparedOf,
    }),
    amounts({
      id: 'energy',
      head: 'Energy',
      quantity: 'energy',
      rows,
      letter,
      get: (r) =>
        r.avoided
          ? {
              value: joules(r.avoided.energy_uj),
              low: joules(r.avoided.energy_low_uj),
              high: joules(r.avoided.energy_high_uj),
            }
          : null,
      derive: sparedOf,
    }),
    amounts({
      id: 'carbon',
      head: 'Carbon',
      quantity: 'carbon',
      rows,
      letter,
      get: (r) =>
        r.avoided
          ? {
              value: grams(r.avoided.carbon_ng),
              low: grams(r.avoided.carbon_low_ng),
              high: grams(r.avoided.carbon_high_ng),
            }
          : null,
      derive: sparedOf,
    }),
  ];
}

// Shown where something was spared.
export function SparedCard() {
  const report = useQuery<Report>(`/v1/ui/report?${apiQuery(params.value, { by: 'step' })}`, 15);
  return (
    <Loaded query={report} what="What was spared">
      {({ rows, total }) => (
        <TableCard
          title="Spared before it reached an engine"
          note="By documents and caches; a part of the saving"
          name="spared"
          caption="What was spared, by step"
          rows={rows}
          rowKey={(r) => r.name}
          columns={columnsOf(rows)}
          sort="-energy"
          foot={{ ...total, name: 'total' }}
          empty={null}
        />
      )}
    </Loaded>
  );
}
