import { useQuery } from '../api/query';
import { me } from '../api/client';
import type { AuditLine, Budget, Budgets as Body, Key, Listed } from '../api/types';
import { Badge, Card } from '../components/card';
import { Empty, Loaded } from '../components/states';
import { Derived } from '../components/figure';
import type { Column } from '../components/table';
import { TableCard } from '../components/table_card';
import { showDerivation, type Derivation } from '../derive/derivation';
import { amount, currencyCode } from '../format/units';
import { dateTime } from '../format/time';
import { href } from '../state/url';
import { KeyActions, NewKey } from './key_actions';

// In the budget's own unit, as the configuration has it.
function inUnit(value: number, unit: string): string {
  if (unit === 'gCO2e') return amount('carbon', value);
  if (unit === 'kWh') return amount('energy', value * 3.6e6);
  if (unit === currencyCode()) return amount('money', value);
  return `${Number(value.toPrecision(4)).toLocaleString('en-GB')} ${unit}`;
}

const forText = (b: Budget): string =>
  Object.entries(b.for)
    .map(([kind, name]) => `${kind} ${name}`)
    .join(', ') || 'everything';

function budgetOf(b: Budget): Derivation {
  return {
    title: `Budget of ${forText(b)}`,
    value: `${inUnit(b.spent, b.unit)} of ${inUnit(b.limit, b.unit)}`,
    meaning: `${b.hard ? 'Hard: a request that would go over it is refused.' : 'Soft: going over it is noted, nothing is refused.'} Spent is what the ledger has for the period.`,
    formula: ['used = spent ÷ limit', 'runs out = if spending goes on as in the period so far'],
    inputs: [
      {
        name: 'Used',
        value: `${(b.used * 100).toFixed(1)} %`,
        note: b.soft != null ? `warned at ${(b.soft * 100).toFixed(0)} %` : undefined,
      },
      { name: 'Period', value: b.period, note: `since ${dateTime(b.begin, false)}` },
      { name: 'Resets', value: dateTime(b.reset, false) },
      { name: 'Runs out', value: runsOut(b) },
    ],
    command: 'trine budgets list -c trine.yaml',
    links: [{ text: 'What spends it', href: href('/workloads', { by: b.for.key ? 'key' : 'team' }) }],
    docs: ['docs/limits.md'],
  };
}

function runsOut(b: Budget): string {
  if (b.used >= 1) return 'it has run out';
  if (!b.forecast_known) return 'not known yet';
  return b.runs_out ? dateTime(b.runs_out, false) : 'not before it resets';
}

function BudgetLine({ b }: { b: Budget }) {
  const state = b.used >= 1 ? 'bad' : b.used >= (b.soft ?? 0.8) || b.runs_out ? 'warn' : 'good';
  return (
    <li class="budget">
      <div class="budget-head">
        <strong>{forText(b)}</strong>{' '}
        <span class="muted">
          per {b.period}, {b.hard ? 'hard' : 'soft'}
        </span>
        <button type="button" class="figure-button budget-amount" onClick={() => showDerivation(budgetOf(b))}>
          {inUnit(b.spent, b.unit)} of {inUnit(b.limit, b.unit)}
        </button>
      </div>
      <div class={`budget-track ink--${state}`} role="img" aria-label={`${(b.used * 100).toFixed(0)} % used`}>
        <span class="budget-fill" style={{ width: `${Math.min(100, b.used * 100)}%` }} />
        {b.soft != null && <span class="budget-mark" style={{ left: `${b.soft * 100}%` }} />}
      </div>
      <p class="small muted">
        <Derived label="Used" derive={() => budgetOf(b)}>
          {(b.used * 100).toFixed(1)} % used
        </Derived>
        ; resets {dateTime(b.reset, false)}; runs out: {runsOut(b)}
      </p>
    </li>
  );
}

const tone = (state: string): 'good' | 'warn' | 'plain' =>
  state === 'works' ? 'good' : state.startsWith('until') ? 'warn' : 'plain';

// The day is enough to read; the minute is in the file, and shown to who points at it.
const Day = ({ at }: { at: string | undefined }) => <span title={dateTime(at)}>{dateTime(at).slice(0, 10)}</span>;

function keyColumns(changed: () => void): Column<Key>[] {
  return [
    {
      id: 'id',
      head: 'Key',
      value: (k) => k.id,
      more: [{ head: 'Label', value: (k) => k.label }],
      cell: (k) => (
        <>
          <a href={href('/requests', { key: k.id })}>{k.id}</a>
          {k.label && <div class="small muted">{k.label}</div>}
        </>
      ),
    },
    { id: 'group', head: 'Group', value: (k) => k.group },
    { id: 'state', head: 'State', value: (k) => k.state, cell: (k) => <Badge tone={tone(k.state)}>{k.state}</Badge> },
    { id: 'role', head: 'Role', value: (k) => k.role },
    {
      id: 'routes',
      head: 'Routes',
      wrap: true,
      value: (k) => k.routes.join(' '),
      cell: (k) => k.routes.join(', ') || <span class="muted">all</span>,
    },
    { id: 'used', head: 'Last used', value: (k) => k.last_used, cell: (k) => <Day at={k.last_used} /> },
    {
      id: 'expires',
      head: 'Expires',
      value: (k) => k.expires,
      cell: (k) => (k.expires ? <Day at={k.expires} /> : <span class="muted">never</span>),
    },
    ...(me.value?.role === 'viewer'
      ? []
      : [{ id: 'act', head: 'Change', value: () => null, cell: (k: Key) => <KeyActions of={k} changed={changed} /> }]),
  ];
}

const auditColumns: Column<AuditLine>[] = [
  { id: 'at', head: 'Time', value: (a) => a.at, cell: (a) => dateTime(a.at) },
  { id: 'actor', head: 'Who', value: (a) => a.actor },
  { id: 'action', head: 'What', value: (a) => a.action },
  { id: 'subject', head: 'On', value: (a) => a.subject },
  {
    id: 'outcome',
    head: 'Outcome',
    value: (a) => a.outcome,
    cell: (a) => (
      <Badge tone={a.outcome === 'done' ? 'good' : a.outcome === 'refused' ? 'warn' : 'bad'}>{a.outcome}</Badge>
    ),
  },
  { id: 'address', head: 'Address', value: (a) => a.address },
  {
    id: 'detail',
    head: 'Detail',
    wrap: true,
    value: (a) =>
      Object.entries(a.detail)
        .map(([k, v]) => `${k}: ${v}`)
        .join('; '),
  },
];

function Keys() {
  const keys = useQuery<Listed<Key>>('/v1/admin/keys'),
    audit = useQuery<Listed<AuditLine>>('/v1/admin/audit?last=100');
  const changed = (): void => {
    keys.reload();
    audit.reload();
  };
  return (
    <>
      <Loaded query={keys} what="The keys">
        {({ data }) => (
          <TableCard
            title="Keys"
            note="Never a secret: a key’s text is shown once, when it is made"
            actions={me.value?.role === 'admin' && <NewKey changed={changed} />}
            name="keys"
            rows={data}
            rowKey={(k) => k.id}
            columns={keyColumns(changed)}
            empty={
              <Empty title="No key yet">
                Make one here as an administrator, or with <code>trine keys create</code>.
              </Empty>
            }
          />
        )}
      </Loaded>
      <Loaded query={audit} what="The audit log">
        {({ data }) => (
          <TableCard
            title="Audit log"
            note="The newest hundred lines: every change, and who made it"
            name="audit"
            rows={data}
            rowKey={(a) => String(a.seq)}
            columns={auditColumns}
            sort="-at"
            empty={<Empty title="Nothing was changed yet" />}
          />
        )}
      </Loaded>
    </>
  );
}

export function Budgets() {
  const budgets = useQuery<Body>('/v1/ui/budgets', 10);
  return (
    <div class="page">
      <Card title="Budgets" note="Spent by the ledger, in euros, energy or carbon">
        <Loaded query={budgets} what="The budgets">
          {({ budgets: list }) =>
            list.length === 0 ? (
              <Empty title="No budget">
                Set one in the configuration under <code>budgets</code>, in euros, kWh or grams, for a key, a team or
                everything (docs/limits.md).
              </Empty>
            ) : (
              <ul class="budgets">
                {list.map((b) => (
                  <BudgetLine key={`${forText(b)} ${b.unit} ${b.period}`} b={b} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
      {me.value?.admin_api ? (
        <Keys />
      ) : (
        <Card title="Keys">
          <Empty title="Keys stand in the configuration">
            With an identity store they are made, rotated and revoked here, and every change is in an audit log: set{' '}
            <code>identity: {'{ dir: var/identity }'}</code> (docs/keys.md).
          </Empty>
        </Card>
      )}
    </div>
  );
}
