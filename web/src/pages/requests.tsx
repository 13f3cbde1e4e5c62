import { useQuery } from '../api/query';
import { live } from '../api/live';
import type { Outcome, Report, RequestRow, Requests } from '../api/types';
import { Badge, Card } from '../components/card';
import { Empty, Loaded } from '../components/states';
import { amounts, single, Table, type Column } from '../components/table';
import { amount } from '../format/units';
import { dateTime } from '../format/time';
import { quoted } from '../format/shell';
import { counted, type Derivation } from '../derive/derivation';
import { apiQuery, href, navigate, params, setParams } from '../state/url';

const outcomes: Outcome[] = ['ok', 'failed', 'cancelled', 'interrupted', 'refused'];
const tones: Record<Outcome, 'good' | 'bad' | 'warn' | 'plain'> = {
  ok: 'good',
  failed: 'bad',
  interrupted: 'bad',
  refused: 'warn',
  cancelled: 'plain',
};

export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  return <Badge tone={tones[outcome]}>{outcome}</Badge>;
}

function figureOf(r: RequestRow, what: 'Energy' | 'Carbon' | 'Cost'): Derivation {
  const value = {
    Energy: amount('energy', r.energy_j, r.energy_low_j, r.energy_high_j),
    Carbon: amount('carbon', r.carbon_g, r.carbon_low_g, r.carbon_high_g),
    Cost: amount('money', r.cost),
  }[what];
  return {
    title: `${what} of one request`,
    value,
    letter: r.quality,
    meaning: `The sum of the latest settlements of its ${r.calls === 1 ? 'call' : `${r.calls} calls`}${r.final ? '' : '; not final yet'}.`,
    inputs: [
      {
        name: 'Tokens',
        value: `${r.tokens_in.toLocaleString('en-GB')} in, ${r.tokens_out.toLocaleString('en-GB')} out`,
        note: r.tokens_cached > 0 ? `${r.tokens_cached.toLocaleString('en-GB')} from a prefix cache` : undefined,
      },
      { name: 'Deployment', value: r.deployment ?? 'none' },
    ],
    links: [{ text: 'Explained stage by stage', href: href(`/requests/${r.id}`) }],
    command: `trine explain -c trine.yaml ${quoted(r.id)}`,
    docs: ['docs/accounting.md §2'],
  };
}

const explained = (r: RequestRow) => ({
  links: [{ text: 'Explained stage by stage', href: href(`/requests/${r.id}`) }],
  command: `trine explain -c trine.yaml ${quoted(r.id)}`,
});

function durationOf(r: RequestRow): Derivation {
  return counted(
    'Duration of one request',
    amount('duration', r.duration_s),
    'From its first byte at the gateway to the last byte of its answer.',
    {
      inputs: [
        { name: 'Began', value: dateTime(r.start) },
        { name: 'Ended', value: dateTime(r.end) },
        { name: 'First token', value: amount('duration', r.ttft_s), note: 'of streamed answers' },
        { name: 'Calls', value: String(r.calls) },
      ],
      ...explained(r),
      docs: ['docs/web-api.md, Requests'],
    },
  );
}

function tokensOf(r: RequestRow): Derivation {
  return counted(
    'Tokens of one request',
    `${r.tokens_in.toLocaleString('en-GB')} in, ${r.tokens_out.toLocaleString('en-GB')} out`,
    'Of all its calls: as engines reported, or counted by the gateway where they do not say.',
    {
      inputs: [{ name: 'From a prefix cache', value: r.tokens_cached.toLocaleString('en-GB'), note: 'of those in' }],
      ...explained(r),
      docs: ['docs/accounting.md, Denominators'],
    },
  );
}

function columnsOf(rows: RequestRow[]): Column<RequestRow>[] {
  return [
    {
      id: 'start',
      head: 'Start',
      value: (r) => r.start,
      more: [{ head: 'Request', value: (r) => r.id }],
      cell: (r) => (
        <a href={href(`/requests/${r.id}`)} title={r.id}>
          {dateTime(r.start).slice(5)}
        </a>
      ),
    },
    {
      id: 'outcome',
      head: 'Outcome',
      value: (r) => r.outcome,
      more: [
        { head: 'Status', value: (r) => r.http_status },
        { head: 'Error', value: (r) => r.error },
      ],
      cell: (r) => (
        <>
          <OutcomeBadge outcome={r.outcome} /> <span class="muted">{r.http_status}</span>
          {r.error && <div class="muted small">{r.error}</div>}
        </>
      ),
    },
    {
      id: 'workload',
      head: 'Workload',
      value: (r) => r.workload,
      cell: (r) => r.workload || <span class="muted">none</span>,
    },
    {
      id: 'route',
      head: 'Route',
      value: (r) => r.route,
      cell: (r) => (
        <>
          {r.route || <span class="muted">none</span>}
          {r.deployment && <span class="muted"> → {r.deployment}</span>}
        </>
      ),
    },
    { id: 'key', head: 'Key', value: (r) => r.key },
    amounts({
      id: 'duration',
      head: 'Duration',
      quantity: 'duration',
      rows,
      get: (r) => single(r.duration_s),
      derive: durationOf,
    }),
    amounts({
      id: 'in',
      head: 'In',
      group: 'Tokens',
      quantity: 'count',
      rows,
      get: (r) => single(r.tokens_in),
      derive: tokensOf,
    }),
    amounts({
      id: 'out',
      head: 'Out',
      group: 'Tokens',
      quantity: 'count',
      rows,
      get: (r) => single(r.tokens_out),
      derive: tokensOf,
    }),
    amounts({
      id: 'energy',
      head: 'Energy',
      quantity: 'energy',
      rows,
      get: (r) => (r.energy_j == null ? null : { value: r.energy_j, low: r.energy_low_j, high: r.energy_high_j }),
      letter: (r) => r.quality,
      derive: (r) => figureOf(r, 'Energy'),
    }),
    amounts({
      id: 'carbon',
      head: 'Carbon',
      quantity: 'carbon',
      rows,
      get: (r) => single(r.carbon_g),
      derive: (r) => figureOf(r, 'Carbon'),
    }),
    amounts({
      id: 'cost',
      head: 'Cost',
      quantity: 'money',
      rows,
      get: (r) => single(r.cost),
      derive: (r) => figureOf(r, 'Cost'),
    }),
  ];
}

function Choice({ name, choices, label }: { name: string; choices: string[]; label: string }) {
  const value = params.value.get(name) ?? '';
  const all = value && !choices.includes(value) ? [value, ...choices] : choices;
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(e) => setParams({ [name]: e.currentTarget.value || null, before: null })}>
        <option value="">any</option>
        {all.map((c) => (
          <option key={c} value={c}>
            {c}
          </option>
        ))}
      </select>
    </label>
  );
}

// An id goes to its request; anything else is an error code to look for.
function search(event: Event): void {
  event.preventDefault();
  const text = String(new FormData(event.currentTarget as HTMLFormElement).get('q') ?? '').trim();
  if (/^req_[0-9A-Za-z]{26}$/.test(text)) navigate(href(`/requests/${text}`));
  else setParams({ error: text || null, before: null });
}

function Filters() {
  const workloads = useQuery<Report>(`/v1/ui/report?since=7d&by=workload`),
    keys = useQuery<Report>(`/v1/ui/report?since=7d&by=key`);
  const names = (q: { data: Report | null }): string[] =>
    (q.data?.rows ?? []).map((r) => r.name).filter((n) => n !== '');
  const now = live.value;
  const unique = (list: string[]): string[] => [...new Set(list)].filter((x) => x !== '').sort();
  return (
    <form class="toolbar" onSubmit={search} role="search">
      <label class="field field-wide">
        <span>Request id or error code</span>
        <input
          type="search"
          name="q"
          placeholder="req_… or rate_limited"
          defaultValue={params.value.get('error') ?? ''}
        />
      </label>
      <Choice name="outcome" label="Outcome" choices={outcomes} />
      <Choice name="workload" label="Workload" choices={names(workloads)} />
      <Choice name="route" label="Route" choices={unique((now?.deployments ?? []).flatMap((d) => d.routes))} />
      <Choice name="deployment" label="Deployment" choices={(now?.deployments ?? []).map((d) => d.name)} />
      <Choice name="zone" label="Zone" choices={unique((now?.deployments ?? []).map((d) => d.zone))} />
      <Choice name="key" label="Key" choices={names(keys)} />
    </form>
  );
}

export function RequestsPage() {
  const before = params.value.get('before');
  const more = {
    limit: 100,
    before,
    outcome: params.value.get('outcome'),
    route: params.value.get('route'),
    error: params.value.get('error'),
  };
  const answer = useQuery<Requests>(`/v1/ui/requests?${apiQuery(params.value, more)}`, before ? 0 : 5);
  return (
    <div class="page">
      <Filters />
      <Loaded query={answer} what="The requests">
        {(data) => (
          <Card flush>
            <Table
              name="requests"
              caption="Requests, newest first"
              rows={data.requests}
              rowKey={(r) => r.id}
              columns={columnsOf(data.requests)}
              empty={
                <Empty title="No request fits">
                  {data.next
                    ? 'None among those looked at so far; go on to older ones.'
                    : 'Choose a longer time range, or remove a filter.'}
                </Empty>
              }
            />
            {(data.next || before) && (
              <div class="pager">
                {before && (
                  <button type="button" class="button" onClick={() => setParams({ before: null })}>
                    Newest
                  </button>
                )}
                {data.next && (
                  <button type="button" class="button" onClick={() => setParams({ before: data.next })}>
                    Older
                  </button>
                )}
              </div>
            )}
          </Card>
        )}
      </Loaded>
    </div>
  );
}
