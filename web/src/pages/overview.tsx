import { useMemo } from 'preact/hooks';
import { live, recent } from '../api/live';
import { useQuery } from '../api/query';
import type { Live, Overview as Body, Report, Row, Savings, Series } from '../api/types';
import { Plot, type Line } from '../charts/plot';
import { Sparkline } from '../charts/sparkline';
import { Card, Tile } from '../components/card';
import { Derived, Figure } from '../components/figure';
import { Letter } from '../components/letter';
import { Empty, Loaded } from '../components/states';
import {
  carbonOf,
  changeOf,
  costOf,
  energyOf,
  idleOf,
  joulesPerTokenOf,
  perToken,
  requestsOf,
  type RowContext,
} from '../derive/row';
import { liveOf } from '../derive/live';
import { savedOf, savedRange, type SavedPart } from '../derive/savings';
import { showDerivation } from '../derive/derivation';
import { amount, count, euros, grams, joules, type Quantity } from '../format/units';
import { SparedCard } from './spared';
import { apiQuery, href, params } from '../state/url';

const all: RowContext = { what: 'all requests' };

// "12 % less than before": against the time as long before this one. Nothing where there was nothing.
export function change(now: number | null, before: number | null): string | null {
  if (now == null || before == null || before <= 0) return null;
  const percent = (now / before - 1) * 100;
  if (Math.abs(percent) < 0.5) return 'as before';
  if (percent > 900) return `${(now / before).toFixed(0)} times as much as before`;
  return `${Math.abs(percent).toFixed(0)} % ${percent < 0 ? 'less' : 'more'} than before`;
}

const partQuantity: Record<SavedPart, Quantity> = { cost: 'money', energy: 'energy', carbon: 'carbon' };

// "saved 4.2 kWh", "took 4.2 kWh more", or that the two cannot be told apart.
function Saved({ part, savings, verbs }: { part: SavedPart; savings: Savings; verbs: [saved: string, lost: string] }) {
  const range = savedRange(part, savings);
  if (!range) return null;
  const clear = savings.distinguishable?.[part] ?? true;
  const button = (text: string) => (
    <button type="button" class={`saved saved-${part}`} onClick={() => showDerivation(savedOf(part, savings))}>
      {text}
    </button>
  );
  if (!clear) return <>{button(`no clear difference in ${part}`)}</>;
  const text = amount(partQuantity[part], Math.abs(range.value));
  return range.value < 0 ? (
    <>
      {verbs[1]} {button(text)} more
    </>
  ) : (
    <>
      {verbs[0]} {button(text)}
    </>
  );
}

// The sentence of the whole thing. The program's own words stand below it, with all ranges.
export function SavingSentence({ savings }: { savings: Savings | undefined }) {
  if (!savings?.baseline || savings.cost_neur == null) {
    return (
      <section class="hero hero-plain">
        <p class="hero-text">Nothing to compare with yet</p>
        <p class="hero-note">
          {savings?.sentence ??
            'With a filter by workload, key, deployment or zone there is no saving: a baseline is one of all requests.'}
        </p>
      </section>
    );
  }
  const also = (part: 'energy' | 'carbon', amountNow: number | undefined): boolean =>
    (savings.distinguishable?.[part] ?? true) && (amountNow ?? 0) >= 0;
  const bothSaved = savings.cost_neur >= 0 && also('energy', savings.energy_uj) && also('carbon', savings.carbon_ng);
  return (
    <section class="hero" aria-label="Saving">
      <p class="hero-text">
        <Saved part="cost" savings={savings} verbs={['Saving', 'Spending']} />
        {bothSaved ? ' also ' : ': '}
        <Saved part="energy" savings={savings} verbs={['saved', 'took']} />
        {bothSaved ? ' and ' : ', '}
        <Saved part="carbon" savings={savings} verbs={bothSaved ? ['', ''] : ['saved', 'emitted']} />{' '}
        <Letter letter={savings.quality} />
      </p>
      <p class="hero-note">{savings.sentence}</p>
    </section>
  );
}

function Tiles({ report, before }: { report: Report; before: Row }) {
  const row = report.total;
  const idle = row.unattributed;
  const more = { letter: row.quality, shares: row.quality_shares };
  const against = (part: Parameters<typeof changeOf>[0], now: number | null, then: number | null) => {
    const text = change(now, then);
    return (
      text && (
        <Derived label={text} derive={() => changeOf(part, row, before, all)}>
          {text}
        </Derived>
      )
    );
  };
  return (
    <div class="tiles">
      <Tile
        name="Cost"
        tone="cost"
        foot={
          against('cost', row.cost_neur, before.cost_neur) ?? (
            <Derived label="Requests" derive={() => requestsOf(row, all)}>
              {count(row.requests)} requests
            </Derived>
          )
        }
      >
        <Figure
          block
          quantity="money"
          value={euros(row.cost_neur)}
          derive={() => costOf(row, all)}
          label="Cost"
          {...more}
        />
      </Tile>
      <Tile name="Energy" tone="energy" foot={against('energy', row.energy_uj, before.energy_uj)}>
        <Figure
          block
          quantity="energy"
          value={joules(row.energy_uj)}
          low={joules(row.energy_low_uj)}
          high={joules(row.energy_high_uj)}
          derive={() => energyOf(row, all)}
          label="Energy"
          {...more}
        />
      </Tile>
      <Tile name="Carbon" tone="carbon" foot={against('carbon', row.carbon_ng, before.carbon_ng)}>
        <Figure
          block
          quantity="carbon"
          value={grams(row.carbon_ng)}
          low={grams(row.carbon_low_ng)}
          high={grams(row.carbon_high_ng)}
          derive={() => carbonOf(row, all)}
          label="Carbon"
          {...more}
        />
      </Tile>
      <Tile
        name="Energy per token"
        tone="energy"
        foot={against('per token', row.joules_per_token, before.joules_per_token)}
      >
        <Figure
          block
          quantity="joules_per_token"
          value={row.joules_per_token}
          low={perToken(row, 'energy')?.low}
          high={perToken(row, 'energy')?.high}
          derive={() => joulesPerTokenOf(row, all)}
          label="Energy per token"
          {...more}
        />
      </Tile>
      {(idle.energy_uj > 0 || idle.cost_neur > 0) && (
        <Tile
          name="Idle, beside these"
          foot={
            <>
              <Figure
                quantity="money"
                value={euros(idle.cost_neur)}
                derive={() => idleOf('cost', row, all)}
                label="Idle cost"
              />{' '}
              for machines that waited
            </>
          }
        >
          <Figure
            block
            quantity="energy"
            value={joules(idle.energy_uj)}
            derive={() => idleOf('energy', row, all)}
            label="Idle energy"
          />
        </Tile>
      )}
    </div>
  );
}

const sum = (list: (number | null)[]): number => list.reduce<number>((a, b) => a + (b ?? 0), 0);

function Charts({ series }: { series: Series }) {
  const lines = useMemo(() => {
    const idle = (values: (number | null)[] | null): Line[] =>
      values && sum(values) > 0 ? [{ label: 'idle', color: '--other', values, kind: 'bars' }] : [];
    const bars = (color: string, values: (number | null)[]): Line => ({
      label: 'requests',
      color,
      values,
      kind: 'bars',
    });
    const perToken = series.energy_j.map((e, i) => {
      const tokens = (series.tokens_in[i] ?? 0) + (series.tokens_out[i] ?? 0);
      return tokens > 0 && e != null ? e / tokens : null;
    });
    return {
      cost: [bars('--cost', series.cost), ...idle(series.idle_cost)],
      energy: [bars('--energy', series.energy_j), ...idle(series.idle_energy_j)],
      carbon: [bars('--carbon', series.carbon_g), ...idle(series.idle_carbon_g)],
      perToken: [{ label: 'energy per token', color: '--energy', values: perToken } as Line],
    };
  }, [series]);
  const common = { t: series.t, stepSeconds: series.step_s, selects: true, height: 190 };
  return (
    <div class="columns">
      <Card title="Cost">
        <Plot name="cost over time" quantity="money" lines={lines.cost} stacked {...common} />
      </Card>
      <Card title="Energy">
        <Plot name="energy over time" quantity="energy" lines={lines.energy} stacked {...common} />
      </Card>
      <Card title="Carbon">
        <Plot name="carbon over time" quantity="carbon" lines={lines.carbon} stacked {...common} />
      </Card>
      <Card title="Energy per token">
        <Plot name="energy per token over time" quantity="joules_per_token" lines={lines.perToken} {...common} />
      </Card>
    </div>
  );
}

// What happens now, once a second.
function Now() {
  const now = live.value;
  if (!now) return null;
  const history = recent.value;
  const item = (
    name: string,
    quantity: Quantity,
    color: string,
    value: number | null,
    read: (l: Live) => number | null,
  ) => (
    <div class="now-item">
      <div>
        <div class="tile-name">{name}</div>
        <Figure quantity={quantity} value={value} label={name} derive={() => liveOf(name, quantity, value, now)} />
      </div>
      <Sparkline values={history.map(read)} color={color} label={`${name}, last two minutes`} width={180} />
    </div>
  );
  return (
    <Card title="Now" note="Means of the last ten seconds, each second">
      <div class="now">
        {item('Requests', 'rate', '--other', now.requests_per_s, (l) => l.requests_per_s)}
        {item('Tokens out', 'rate', '--other', now.tokens_out_per_s, (l) => l.tokens_out_per_s)}
        {item('Power', 'power', '--energy', now.power_w, (l) => l.power_w)}
        {item('Energy per token', 'joules_per_token', '--energy', now.joules_per_token, (l) => l.joules_per_token)}
        {item('Running', 'count', '--cost', now.running, (l) => l.running)}
        {item('Waiting', 'count', '--warn', now.waiting, (l) => l.waiting)}
      </div>
    </Card>
  );
}

function Troubles() {
  const now = live.value;
  if (!now) return null;
  const down = now.deployments.filter((d) => !d.available).map((d) => d.name);
  const meters = now.deployments.filter((d) => d.meter && !d.meter.up).map((d) => d.name);
  const lines = [
    down.length > 0 && (
      <>
        {down.join(', ')} {down.length > 1 ? 'do' : 'does'} not answer. <a href={href('/fleet')}>Look at the fleet</a>
      </>
    ),
    meters.length > 0 && (
      <>
        The meter of {meters.join(', ')} is silent; an estimate stands in.{' '}
        <a href={href('/fleet')}>Look at the meters</a>
      </>
    ),
    now.ledger.full && (
      <>
        The ledger has no room. Free space on its disk. <a href={href('/settings')}>Look at the ledger</a>
      </>
    ),
    now.ledger.trouble && <>The ledger: {now.ledger.trouble}</>,
  ].filter(Boolean);
  if (lines.length === 0) return null;
  return (
    <ul class="troubles" aria-label="Troubles">
      {lines.map((line, i) => (
        <li key={i} class="notice notice-warn">
          {line}
        </li>
      ))}
    </ul>
  );
}

export function Overview() {
  const query = apiQuery(params.value);
  const overview = useQuery<Body>(`/v1/ui/overview?${query}`, 5);
  const series = useQuery<Series>(`/v1/ui/series?${query}`, 15);
  return (
    <div class="page">
      <Troubles />
      <Loaded query={overview} what="The overview">
        {({ report, before }) =>
          report.total.requests === 0 && report.total.calls === 0 ? (
            <Empty title="No requests in this time">
              Send one to the traffic port, with <code>base_url</code> of an OpenAI client set to this gateway, or
              choose a longer time range above.
            </Empty>
          ) : (
            <>
              <SavingSentence savings={report.savings} />
              <Tiles report={report} before={before} />
            </>
          )
        }
      </Loaded>
      <Now />
      <Loaded query={series} what="The charts">
        {(data) => <Charts series={data} />}
      </Loaded>
      {(overview.data?.report.total.avoided?.requests ?? 0) > 0 && <SparedCard />}
    </div>
  );
}
