import { useEffect, useState } from 'preact/hooks';
import { useQuery } from '../api/query';
import type { Decisions as Records, Flip, Score, Weights } from '../api/types';
import { Derived, Figure } from '../components/figure';
import { Empty, Loaded } from '../components/states';
import { amounts, single, type Column } from '../components/table';
import { TableCard } from '../components/table_card';
import {
  axes,
  axisOf,
  flipOf,
  gridOf,
  swapOf,
  moveWeight,
  readWeights,
  score,
  scoreOf,
  writeWeights,
  type Axis,
  type Scored,
} from '../derive/score';
import { currencyCode, number, plain, scaleFor } from '../format/units';
import { params, setParams } from '../state/url';
import { DecisionCard } from './decision_card';

const axisName: Record<Axis, string> = { cost: 'Cost', control: 'Control', carbon: 'Carbon' };

function Sliders({
  weights,
  given,
  onChange,
}: {
  weights: Weights;
  given: boolean;
  onChange: (w: Weights | null) => void;
}) {
  return (
    <div class="sliders">
      {axes.map((axis) => (
        <label key={axis} class={`slider ink--${axis}`}>
          <span class="slider-name">{axisName[axis]}</span>
          <input
            type="range"
            min="0"
            max="1"
            step="0.01"
            value={weights[axis].toFixed(2)}
            aria-valuetext={`${(weights[axis] * 100).toFixed(0)} %`}
            onInput={(e) => onChange(moveWeight(weights, axis, Number(e.currentTarget.value)))}
          />
          <output>{(weights[axis] * 100).toFixed(0)} %</output>
        </label>
      ))}
      <button type="button" class="button button-quiet" disabled={!given} onClick={() => onChange(null)}>
        As configured
      </button>
    </div>
  );
}

function columnsOf(rows: Scored[], weights: Weights): Column<Scored>[] {
  return [
    {
      id: 'name',
      head: 'Option',
      value: (s) => s.option.name,
      cell: (s) =>
        s === rows[0] ? (
          <>
            <strong>{s.option.name}</strong> <span class="badge badge-info">first</span>
          </>
        ) : (
          s.option.name
        ),
    },
    {
      id: 'score',
      head: 'Score',
      right: true,
      value: (s) => s.score,
      cell: (s) => (
        <span class="score-cell">
          <span class="score-bar" aria-hidden="true">
            <span class="score-fill" style={{ width: `${s.score * 100}%` }} />
          </span>
          <Figure quantity="score" value={s.score} label="Score" derive={() => scoreOf(s, rows, weights)} />
        </span>
      ),
    },
    amounts({
      id: 'cost',
      head: 'Cost',
      quantity: 'money_per_mtok',
      rows,
      get: (s) => s.option.cost_per_mtok,
      letter: (s) => s.option.cost_per_mtok.quality,
      derive: (s) => axisOf(s.option, 'cost'),
    }),
    amounts({
      id: 'control',
      head: 'Control',
      quantity: 'control',
      rows,
      get: (s) => s.option.control,
      letter: (s) => s.option.control.quality,
      derive: (s) => axisOf(s.option, 'control'),
    }),
    amounts({
      id: 'carbon',
      head: 'Carbon',
      quantity: 'grams_per_mtok',
      rows,
      get: (s) => s.option.carbon_g_per_mtok,
      letter: (s) => s.option.carbon_g_per_mtok.quality,
      derive: (s) => axisOf(s.option, 'carbon'),
    }),
    amounts({
      id: 'jtok',
      head: 'Energy',
      quantity: 'joules_per_token',
      rows,
      get: (s) => s.option.joules_per_token,
      letter: (s) => s.option.joules_per_token.quality,
      derive: (s) => axisOf(s.option, 'energy'),
    }),
    amounts({
      id: 'grid',
      head: 'Grid',
      quantity: 'intensity',
      rows,
      get: (s) => single(s.option.g_per_kwh),
      derive: (s) => gridOf(s.option),
    }),
    { id: 'zone', head: 'Zone', value: (s) => s.option.zone },
  ];
}

// How near a flip is: the factor on what is now. 1 would be at once.
const nearness = (f: Flip): number | null =>
  f.at == null || f.now <= 0 || f.at <= 0 ? null : Math.abs(Math.log(f.at / f.now));

export const flipColumns: Column<Flip>[] = [
  { id: 'input', head: 'If this', value: (f) => (f.of ? `${f.input} of ${f.of}` : f.input) },
  {
    id: 'now',
    head: 'which is now',
    right: true,
    value: (f) => f.now,
    cell: (f) => (
      <Derived label="Flip point" derive={() => flipOf(f)}>
        {plain(f.now)} {f.unit}
      </Derived>
    ),
  },
  {
    id: 'at',
    head: 'were',
    right: true,
    value: (f) => f.at,
    cell: (f) =>
      f.at == null ? (
        'anything'
      ) : (
        <Derived label="Flip point" derive={() => flipOf(f)}>
          {plain(f.at)} {f.unit}
        </Derived>
      ),
  },
  {
    id: 'to',
    head: 'this would be first',
    value: (f) => f.to,
    cell: (f) => f.to ?? <span class="muted">no change</span>,
  },
  {
    id: 'far',
    head: 'How far',
    right: true,
    value: nearness,
    cell: (f) =>
      f.at == null || f.now <= 0 ? (
        '–'
      ) : (
        <Derived label="How far" derive={() => flipOf(f)}>
          × {plain(f.at / f.now)}
        </Derived>
      ),
  },
];

function Swap({ data }: { data: Score }) {
  const swap = data.swap_cheapest_cleanest;
  if (!swap || swap.from === swap.to)
    return <p class="card-note">The cheapest is the cleanest too, whatever a kilogram is worth.</p>;
  if (swap.per_kg == null) return null;
  const price = `${number(swap.per_kg, scaleFor('money', [swap.per_kg]))} ${currencyCode()}`;
  return (
    <p class="card-note">
      {swap.from} is the cheapest, {swap.to} the cleanest: they swap where a kg of CO2e is worth{' '}
      <Derived label="Price of a kilogram" derive={() => swapOf(swap.from, swap.to, `${price} per kg`, data)}>
        {price}
      </Derived>
      .
    </p>
  );
}

// Asked of the gateway a moment after the last move, since each answer moves every flip point.
function useSettled<T>(value: T, key: string, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), ms);
    return () => window.clearTimeout(timer);
  }, [key]);
  return settled;
}

function ScoreCard() {
  const asked = readWeights(params.value.get('weights'));
  const settled = useSettled(asked, asked ? writeWeights(asked) : '', 250);
  const workload = params.value.get('workload');
  const query = new URLSearchParams();
  if (workload) query.set('workload', workload);
  if (settled) query.set('weights', axes.map((a) => `${a}=${settled[a].toFixed(3)}`).join(','));
  const answer = useQuery<Score>(`/v1/ui/score?${query}`);
  return (
    <Loaded query={answer} what="The score">
      {(data) => {
        const weights = asked ?? data.weights;
        const rows = score(data.options, weights);
        const w = data.workload;
        const flips = data.flips ?? [];
        return (
          <>
            <TableCard
              title="What would be chosen now"
              caption="Options by score"
              note={
                <>
                  For {w.in.toFixed(0)} tokens in and {w.out.toFixed(0)} out ({w.mix_from}), at{' '}
                  {(w.utilisation * 100).toFixed(0)} % utilisation. Weights:{' '}
                  {asked ? 'yours, in the address' : data.weights.from}.
                </>
              }
              above={
                <Sliders
                  weights={weights}
                  given={asked != null}
                  onChange={(next) => setParams({ weights: next ? writeWeights(next) : null }, true)}
                />
              }
              name="score"
              rows={rows}
              rowKey={(s) => s.option.name}
              columns={columnsOf(rows, weights)}
              sort="-score"
              empty={<Empty title="No option may serve">What removed them stands below.</Empty>}
              below={
                <div class="card-tail">
                  <Swap data={data} />
                </div>
              }
            />
            {data.rejected.length > 0 && (
              <TableCard
                title="May not serve"
                caption="Options that may not serve"
                name="rejected"
                rows={data.rejected}
                rowKey={(r) => r.name}
                empty={null}
                columns={[
                  { id: 'name', head: 'Option', value: (r) => r.name },
                  { id: 'reason', head: 'Why', wrap: true, value: (r) => r.reason },
                ]}
              />
            )}
            {flips.length > 0 && (
              <TableCard
                title="Flip points"
                note="How far each input must move, all else as it is, before the answer changes. The nearest first."
                name="flips"
                rows={flips}
                rowKey={(f) => `${f.input} ${f.of}`}
                columns={flipColumns}
                sort="far"
                empty={null}
              />
            )}
          </>
        );
      }}
    </Loaded>
  );
}

export function Decisions() {
  const records = useQuery<Records>('/v1/ui/decisions', 30);
  return (
    <div class="page">
      <ScoreCard />
      <h2 class="section-title">Decisions on record</h2>
      <Loaded query={records} what="The decisions">
        {({ decisions }) =>
          decisions.length === 0 ? (
            <Empty title="No decision is on record">
              Put one on record with <code>trine decide -c trine.yaml --best --by NAME --because "why"</code>, and see
              how it turned out with <code>trine decisions review</code>.
            </Empty>
          ) : (
            <>
              {decisions.map((d) => (
                <DecisionCard key={d.id} decision={d} />
              ))}
            </>
          )
        }
      </Loaded>
    </div>
  );
}
