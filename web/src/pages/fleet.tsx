import { useMemo } from 'preact/hooks';
import { live, recent } from '../api/live';
import { useQuery } from '../api/query';
import type { Live, LiveDeployment } from '../api/types';
import { Plot, type Line } from '../charts/plot';
import { Badge, Card, Tile } from '../components/card';
import { Facts } from '../components/facts';
import { Derived, Figure } from '../components/figure';
import { Empty, Loaded } from '../components/states';
import { amounts, single, type Column } from '../components/table';
import { TableCard } from '../components/table_card';
import type { Derivation } from '../derive/derivation';
import { batchOf, deploymentOf, fleetOf, health, idleOf, powerOf, queueOf, throughputOf } from '../derive/deployment';
import { liveOf } from '../derive/live';
import { amount, count } from '../format/units';
import { href, params } from '../state/url';

const palette = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6', '--series-7'];

function columnsOf(rows: LiveDeployment[]): Column<LiveDeployment>[] {
  return [
    {
      id: 'name',
      head: 'Deployment',
      value: (d) => d.name,
      cell: (d) => (
        <>
          {d.name} {d.simulated && <Badge>simulated</Badge>}
        </>
      ),
    },
    {
      id: 'health',
      head: 'Health',
      value: (d) => health(d).text,
      cell: (d) => {
        const h = health(d);
        return <Badge tone={h.tone}>{h.text}</Badge>;
      },
    },
    {
      id: 'what',
      head: 'Hardware',
      value: (d) => d.gpu ?? d.vendor,
      cell: (d) =>
        d.kind === 'own' ? `${(d.gpus ?? 1) > 1 ? `${d.gpus} × ` : ''}${d.gpu ?? 'own'}` : (d.vendor ?? 'vendor'),
    },
    {
      id: 'zone',
      head: 'Zone',
      value: (d) => d.zone,
      cell: (d) => <a href={href('/grid', { zone: d.zone || null })}>{d.zone || 'world'}</a>,
    },
    {
      id: 'running',
      head: 'Batch',
      group: 'Now',
      right: true,
      value: (d) => d.running,
      cell: (d) => (
        <>
          <Figure quantity="count" value={d.running} label="Batch" derive={() => batchOf(d)} />
          {d.max_concurrency != null && <span class="muted"> of {count(d.max_concurrency)}</span>}
        </>
      ),
    },
    amounts({
      id: 'queue',
      head: 'Queue',
      group: 'Now',
      quantity: 'count',
      rows,
      get: (d) => single(d.engine_waiting),
      derive: queueOf,
    }),
    amounts({
      id: 'tout',
      head: 'Tokens out',
      group: 'Now',
      quantity: 'rate',
      rows,
      get: (d) => single(d.tokens_out_per_s),
      derive: (d) =>
        throughputOf(
          d,
          'Tokens out',
          d.tokens_out_per_s,
          'rate',
          'Output tokens of calls that ended in the last ten seconds, divided by ten.',
        ),
    }),
    amounts({
      id: 'power',
      head: 'Power',
      group: 'Now',
      quantity: 'power',
      rows,
      get: (d) => single(d.power_w),
      derive: powerOf,
    }),
    amounts({
      id: 'gpu',
      head: 'GPU busy',
      group: 'Now',
      quantity: 'share',
      rows,
      get: (d) => single(d.gpu_utilisation),
      derive: (d) =>
        throughputOf(
          d,
          'GPU utilisation',
          d.gpu_utilisation,
          'share',
          'The share of time in which the GPU had work, as its meter says.',
        ),
    }),
    amounts({
      id: 'jtok',
      head: 'Energy',
      group: 'Now',
      quantity: 'joules_per_token',
      rows,
      get: (d) => single(d.joules_per_token),
      derive: (d) =>
        throughputOf(
          d,
          'Energy per token',
          d.joules_per_token,
          'joules_per_token',
          'Joules divided by input and output tokens, of the last ten seconds; where nothing ran, nothing is said.',
        ),
    }),
    amounts({
      id: 'idlee',
      head: 'Energy',
      group: 'Idle, 24 hours',
      quantity: 'energy',
      rows,
      get: (d) => single(d.idle_energy_j_24h),
      derive: idleOf,
    }),
    amounts({
      id: 'idlec',
      head: 'Cost',
      group: 'Idle, 24 hours',
      quantity: 'money',
      rows,
      get: (d) => single(d.idle_cost_24h),
      derive: idleOf,
    }),
    {
      id: 'meter',
      head: 'Meter',
      value: (d) => (d.meter ? (d.meter.up ? 'answers' : 'silent') : null),
      cell: (d) =>
        d.meter ? (
          <span title={d.meter.trouble ?? ''}>
            <Badge tone={d.meter.up ? 'good' : 'bad'}>{d.meter.up ? 'answers' : 'silent'}</Badge>
          </span>
        ) : (
          <span class="muted">none</span>
        ),
    },
  ];
}

const total = (list: (number | null)[]): number | null => {
  const known = list.filter((v): v is number => v != null);
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null;
};

function Tiles({ now }: { now: Live }) {
  const d = now.deployments;
  const up = d.filter((x) => x.available).length;
  const idleEnergy = total(d.map((x) => x.idle_energy_j_24h)),
    idleCost = total(d.map((x) => x.idle_cost_24h));
  const idle = (): Derivation => ({
    title: 'Idle, last 24 hours',
    value: `${amount('energy', idleEnergy)}, ${amount('money', idleCost)}`,
    meaning: 'What metered machines took in windows without a request, all deployments together.',
    inputs: d
      .filter((x) => x.idle_energy_j_24h != null)
      .map((x) => ({
        name: x.name,
        value: `${amount('energy', x.idle_energy_j_24h)}, ${amount('money', x.idle_cost_24h)}`,
        open: () => idleOf(x),
      })),
    docs: ['docs/accounting.md §2.5'],
  });
  return (
    <div class="tiles">
      <Tile
        name="Deployments up"
        foot={
          up < d.length
            ? `${d
                .filter((x) => !x.available)
                .map((x) => x.name)
                .join(', ')} down`
            : 'all answer'
        }
      >
        <Derived label="Deployments up" derive={() => fleetOf(d)}>
          <span class="figure-value">
            {up} <span class="figure-unit">of {d.length}</span>
          </span>
        </Derived>
      </Tile>
      <Tile name="Power" tone="energy" foot="of own machines">
        <Figure
          block
          quantity="power"
          value={now.power_w}
          label="Power"
          derive={() => liveOf('Power', 'power', now.power_w, now)}
        />
      </Tile>
      <Tile
        name="Running"
        tone="cost"
        foot={
          <Derived label="Waiting" derive={() => liveOf('Waiting', 'count', now.waiting, now)}>
            {count(now.waiting)} waiting for a place
          </Derived>
        }
      >
        <Figure
          block
          quantity="count"
          value={now.running}
          label="Running"
          derive={() => liveOf('Running', 'count', now.running, now)}
        />
      </Tile>
      <Tile name="Energy per token" tone="energy" foot="last ten seconds">
        <Figure
          block
          quantity="joules_per_token"
          value={now.joules_per_token}
          label="Energy per token"
          derive={() => liveOf('Energy per token', 'joules_per_token', now.joules_per_token, now)}
        />
      </Tile>
      <Tile
        name="Idle, last 24 hours"
        foot={
          idleCost == null ? (
            'no meter'
          ) : (
            <>
              <Figure quantity="money" value={idleCost} derive={idle} label="Idle cost" /> for machines that waited
            </>
          )
        }
      >
        <Figure block quantity="energy" value={idleEnergy} derive={idle} label="Idle energy" />
      </Tile>
    </div>
  );
}

function LastMinutes() {
  const history = recent.value;
  const { t, power, running } = useMemo(() => {
    const names = history[history.length - 1]?.deployments.map((d) => d.name) ?? [];
    const line = (read: (d: LiveDeployment) => number | null): Line[] =>
      names
        .slice(0, palette.length)
        .map((name, i) => ({
          label: name,
          color: palette[i]!,
          values: history.map((h) => {
            const d = h.deployments.find((x) => x.name === name);
            return d ? read(d) : null;
          }),
        }))
        .filter((l) => l.values.some((v) => v != null));
    return {
      t: history.map((h) => Date.parse(h.at) / 1000),
      power: line((d) => d.power_w),
      running: line((d) => d.running),
    };
  }, [history]);
  if (history.length < 3) return null;
  return (
    <div class="columns">
      <Card title="Power, last two minutes">
        <Plot
          name="power by deployment"
          quantity="power"
          t={t}
          stepSeconds={1}
          lines={power}
          height={180}
          empty="No power is known: neither a meter nor an ended call"
        />
      </Card>
      <Card title="Running calls, last two minutes">
        <Plot
          name="running calls by deployment"
          quantity="count"
          t={t}
          stepSeconds={1}
          lines={running}
          height={180}
          empty="Nothing runs at the moment"
        />
      </Card>
    </div>
  );
}

export function Fleet() {
  const once = useQuery<Live>('/v1/ui/fleet');
  const now = live.value ?? once.data;
  const only = params.value.get('deployment'),
    zone = params.value.get('zone');
  return (
    <div class="page">
      <Loaded query={now ? { ...once, data: now, error: null } : once} what="The fleet">
        {(data) => {
          const rows = data.deployments.filter((d) => (!only || d.name === only) && (!zone || d.zone === zone));
          return (
            <>
              <Tiles now={data} />
              <TableCard
                title="Deployments"
                note="Each second; rates are means of the last ten"
                name="fleet"
                rows={rows}
                rowKey={(d) => d.name}
                sort="name"
                columns={columnsOf(rows)}
                rowClass={(d) => (d.available ? '' : 'row-bad')}
                empty={
                  <Empty title="No deployment">
                    The configuration has none that fits; add one under <code>deployments</code>, or remove the filter.
                  </Empty>
                }
              />
              <LastMinutes />
              <div class="deployments">
                {rows.map((d) => (
                  <DeploymentCard key={d.name} d={d} />
                ))}
              </div>
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function DeploymentCard({ d }: { d: LiveDeployment }) {
  const about = deploymentOf(d);
  return (
    <Card title={d.name} note={about.meaning} actions={<Badge tone={health(d).tone}>{health(d).text}</Badge>}>
      <Facts facts={about.inputs!} />
      <p class="links-row">
        {about.links!.map((l) => (
          <a key={l.text} href={l.href}>
            {l.text}
          </a>
        ))}
      </p>
    </Card>
  );
}
