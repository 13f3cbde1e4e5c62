import { useMemo } from 'preact/hooks';
import { useQuery } from '../api/query';
import type { Guard, Verdict } from '../api/types';
import { Plot, type Line } from '../charts/plot';
import { Bars } from '../components/bars';
import { Badge, Card, Tile } from '../components/card';
import { Derived, Figure } from '../components/figure';
import { Empty, Loaded } from '../components/states';
import type { Column } from '../components/table';
import { TableCard } from '../components/table_card';
import { counted, type Derivation } from '../derive/derivation';
import { causeOf, topCauses } from '../derive/guard';
import { amount, count } from '../format/units';
import { clock, dateTime, day } from '../format/time';
import { apiQuery, href, params } from '../state/url';

const verdicts: { name: Verdict; text: string; tone?: string; meaning: string }[] = [
  { name: 'allow', text: 'Let through', meaning: 'Nothing was found that the policy acts on.' },
  { name: 'flag', text: 'Flagged', tone: 'control', meaning: 'Let through, and noted for the operator.' },
  { name: 'redact', text: 'Redacted', tone: 'cost', meaning: 'Let through without the personal data in it.' },
  {
    name: 'block',
    text: 'Blocked',
    tone: 'bad',
    meaning: 'Not let through: the caller got content_blocked, whatever was found.',
  },
];

function verdictOf(v: (typeof verdicts)[number], data: Guard): Derivation {
  return {
    title: v.text,
    value: count(data.requests[v.name] + data.answers[v.name]),
    meaning: v.meaning,
    inputs: [
      { name: 'Requests', value: count(data.requests[v.name]) },
      { name: 'Answers', value: count(data.answers[v.name]) },
      { name: 'Counted since', value: dateTime(data.counted_since), note: 'the gateway’s start' },
    ],
    command: 'curl -s http://ADMIN/metrics | grep trine_guard',
    docs: ['docs/guard.md', 'docs/guard-policy.md'],
    links:
      v.name === 'block'
        ? [{ text: 'Requests that were refused', href: href('/requests', { outcome: 'refused' }) }]
        : [],
  };
}

type Event = Guard['events'][number];
type Watched = Guard['watch'][number];

function eventOf(e: Event): Derivation {
  return counted(
    e.action,
    count(e.count),
    'Verdicts of this cause, key and address within one minute: the audit log has a line for all of them.',
    {
      inputs: [
        { name: 'Latest', value: dateTime(e.at) },
        { name: 'Who', value: e.actor },
        { name: 'Why the first one', value: e.why || '–' },
      ],
      links: e.actor.startsWith('key:')
        ? [{ text: 'Requests of the key', href: href('/requests', { key: e.actor.slice(4) }) }]
        : [],
      docs: ['docs/guard.md', 'docs/keys.md, The audit log'],
    },
  );
}

function ruleOf(cause: ReturnType<typeof topCauses>[number], data: Guard): Derivation {
  return counted(`Verdicts: ${cause.name}`, count(cause.count), cause.rules[0]!, {
    inputs: data.events
      .filter((e) => cause.rules.includes(e.why))
      .slice(0, 12)
      .map((e) => ({
        name: dateTime(e.at),
        value: count(e.count),
        note: `${e.action}, ${e.actor}`,
        open: () => eventOf(e),
      })),
    docs: ['docs/guard-rules.md', 'docs/guard-policy.md'],
  });
}

function pointsOf(w: Watched): Derivation {
  return counted(
    `Points of ${w.key}`,
    w.score.toFixed(1),
    'Each verdict and refusal adds points; the sum halves every ten minutes. Marks on it flag, slow and suspend a key.',
    {
      inputs: [
        { name: 'Level', value: w.level, note: w.since ? `since ${dateTime(w.since)}` : undefined },
        { name: 'Because', value: w.because ?? '–' },
      ],
      command: 'trine abuse list -c trine.yaml',
      links: [{ text: 'Its requests', href: href('/requests', { key: w.key }) }],
      docs: ['docs/abuse.md'],
    },
  );
}

const eventColumns: Column<Event>[] = [
  { id: 'at', head: 'Time', value: (e) => e.at, cell: (e) => dateTime(e.at) },
  {
    id: 'action',
    head: 'What',
    value: (e) => e.action,
    cell: (e) => <Badge tone={e.action.endsWith('block') ? 'bad' : 'warn'}>{e.action.replace('guard.', '')}</Badge>,
  },
  {
    id: 'count',
    head: 'Times',
    right: true,
    value: (e) => e.count,
    cell: (e) => (
      <Derived label="Times" derive={() => eventOf(e)}>
        {count(e.count)}
      </Derived>
    ),
  },
  {
    id: 'actor',
    head: 'Who',
    value: (e) => e.actor,
    cell: (e) =>
      e.actor.startsWith('key:') ? (
        <a href={href('/requests', { key: e.actor.slice(4) })}>{e.actor.slice(4)}</a>
      ) : (
        e.actor
      ),
  },
  { id: 'address', head: 'Address', value: (e) => e.address },
  {
    id: 'why',
    head: 'Why',
    wrap: true,
    value: (e) => e.why,
    cell: (e) => <span title={e.why}>{e.why ? causeOf(e.why) : '–'}</span>,
  },
];

const watchColumns: Column<Watched>[] = [
  {
    id: 'key',
    head: 'Key or address',
    value: (w) => w.key,
    cell: (w) => <a href={href('/requests', { key: w.key })}>{w.key}</a>,
  },
  {
    id: 'level',
    head: 'Level',
    value: (w) => w.level,
    cell: (w) => <Badge tone={w.level === 'suspended' ? 'bad' : 'warn'}>{w.level}</Badge>,
  },
  {
    id: 'score',
    head: 'Points',
    right: true,
    value: (w) => w.score,
    cell: (w) => (
      <Derived label="Points" derive={() => pointsOf(w)}>
        {w.score.toFixed(1)}
      </Derived>
    ),
  },
  { id: 'since', head: 'Since', value: (w) => w.since, cell: (w) => dateTime(w.since) },
  { id: 'because', head: 'Because', wrap: true, value: (w) => w.because },
];

function OverTime({ data }: { data: Guard }) {
  const lines = useMemo(
    (): Line[] => [
      { label: 'blocked', color: '--bad', kind: 'bars', values: data.series.block },
      { label: 'flagged', color: '--series-3', kind: 'bars', values: data.series.flag },
    ],
    [data],
  );
  return (
    <Plot
      name="verdicts over time"
      quantity="count"
      t={data.series.t}
      stepSeconds={data.step_s}
      lines={lines}
      stacked
      selects
      height={200}
      empty="Nothing was blocked or flagged in this time"
    />
  );
}

const noAudit =
  'Verdicts over time come from the audit log, which there is with an identity store: set identity: { dir } in the configuration (docs/keys.md).';

export function GuardPage() {
  const answer = useQuery<Guard>(`/v1/ui/guard?${apiQuery(params.value)}`, 5);
  return (
    <div class="page">
      <Loaded query={answer} what="The guard">
        {(data) => {
          // Counters begin with the gateway; what was before is in the log, and so in the chart.
          const begun = new Date(data.counted_since);
          const since = day(begun) === day(new Date()) ? clock(begun) : day(begun);
          return (
            <>
              {!data.on && (
                <p class="notice notice-warn">
                  The guard is off: the configuration says <code>guard: {'{ on: false }'}</code>. Texts pass unread.
                </p>
              )}
              <div class="tiles">
                {verdicts.map((v) => (
                  <Tile
                    key={v.name}
                    name={v.text}
                    {...(v.tone ? { tone: v.tone } : {})}
                    foot={`${count(data.requests[v.name])} requests, ${count(data.answers[v.name])} answers since ${since}`}
                  >
                    <Figure
                      block
                      quantity="count"
                      value={data.requests[v.name] + data.answers[v.name]}
                      label={v.text}
                      derive={() => verdictOf(v, data)}
                    />
                  </Tile>
                ))}
                <Tile name="Time in the guard" foot="mean of a request">
                  <Figure
                    block
                    quantity="duration"
                    value={data.mean_ms == null ? null : data.mean_ms / 1000}
                    label="Time in the guard"
                    derive={() => ({
                      title: 'Time in the guard',
                      value: amount('duration', (data.mean_ms ?? 0) / 1000),
                      meaning: 'What the guard adds to a request, a judge’s answers included.',
                      formula: ['time in the guard ÷ requests that it looked at'],
                      docs: ['docs/guard.md, Figures', 'docs/metrics.md'],
                    })}
                  />
                </Tile>
              </div>
              <div class="columns-wide">
                <Card title="Blocked and flagged over time">
                  {data.audit ? <OverTime data={data} /> : <Empty title="No audit log">{noAudit}</Empty>}
                </Card>
                <Card title="Top rules" note="What led to a verdict most often">
                  {data.rules.length > 0 ? (
                    <Bars
                      color="--bad"
                      bars={topCauses(data.rules)
                        .slice(0, 10)
                        .map((c) => ({
                          name: c.name,
                          value: c.count,
                          shown: (
                            <Derived label={c.name} derive={() => ruleOf(c, data)}>
                              {count(c.count)}
                            </Derived>
                          ),
                        }))}
                    />
                  ) : (
                    <Empty title="No rule acted">
                      {data.audit ? 'Nothing was blocked or flagged in this time.' : noAudit}
                    </Empty>
                  )}
                </Card>
              </div>
              <TableCard
                title="Under watch"
                caption="Keys under watch"
                note="Keys and addresses whose points are over the first mark; the sum halves every ten minutes"
                name="watch"
                rows={data.watch}
                rowKey={(w) => w.key}
                columns={watchColumns}
                sort="-score"
                empty={
                  <Empty title="Nobody is under watch">
                    {data.audit
                      ? 'No key did what adds up to ten points lately (docs/abuse.md).'
                      : 'Keys are watched with an identity store only (docs/abuse.md).'}
                  </Empty>
                }
              />
              <TableCard
                title="Events"
                caption="Guard events"
                note="By key, cause and minute. Texts and personal data are never in them."
                name="guard-events"
                rows={data.events}
                rowKey={(e) => `${e.at} ${e.action} ${e.actor} ${e.why}`}
                columns={eventColumns}
                sort="-at"
                empty={
                  <Empty title="No event in this time">
                    {data.audit ? 'Nothing was blocked or flagged.' : noAudit}
                  </Empty>
                }
              />
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
