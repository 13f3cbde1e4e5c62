import type { Decision, Review, ReviewFigure } from '../api/types';
import { Badge, Card } from '../components/card';
import { Facts, type Fact } from '../components/facts';
import { Derived, Figure } from '../components/figure';
import { Letter } from '../components/letter';
import { Table, type Column } from '../components/table';
import { amount, count, rangeNumber, scaleFor, withUnit, type Quantity, type Range } from '../format/units';
import { monthOf, reviewedOf } from '../derive/score';
import { dateTime, span } from '../format/time';
import { quoted } from '../format/shell';
import { flipColumns } from './decisions';

const figureNames: Record<string, [string, Quantity]> = {
  cost_per_mtok: ['Cost', 'money_per_mtok'],
  joules_per_token: ['Energy per token', 'joules_per_token'],
  carbon_g_per_mtok: ['Carbon', 'grams_per_mtok'],
};

interface Line {
  name: string;
  quantity: Quantity;
  figure: ReviewFigure;
}

function linesOf(review: Review): Line[] {
  return [
    ['', review.attributed],
    [', with idle', review.with_idle],
  ].flatMap(([suffix, figures]) =>
    Object.entries((figures ?? {}) as Record<string, ReviewFigure>).map(([key, figure]) => {
      const [name, quantity] = figureNames[key] ?? [key, 'count'];
      return { name: `${name}${suffix}`, quantity, figure };
    }),
  );
}

function changeText(change: number): string {
  const factor = 1 + change;
  if (factor >= 3) return `× ${factor.toFixed(1)}`;
  return `${change < 0 ? '−' : '+'}${Math.abs(change * 100).toFixed(0)} %`;
}

// Expected and measured in one unit.
function inUnit(line: Line, range: Range): string {
  const f = line.figure;
  const scale = scaleFor(line.quantity, [Math.max(f.expected, f.measured)]);
  return withUnit(rangeNumber(range, scale), scale);
}

const tone = (verdict: string): 'good' | 'bad' | 'plain' =>
  verdict === 'better' ? 'good' : verdict === 'worse' ? 'bad' : 'plain';

const derived = (l: Line, text: string) => (
  <Derived label={l.name} derive={() => reviewedOf(l.name, l.quantity, l.figure)}>
    {text}
  </Derived>
);

const reviewColumns: Column<Line>[] = [
  { id: 'what', head: 'Figure', value: (l) => l.name },
  {
    id: 'expected',
    head: 'Expected',
    right: true,
    value: (l) => l.figure.expected,
    cell: (l) =>
      derived(l, inUnit(l, { value: l.figure.expected, low: l.figure.expected_low, high: l.figure.expected_high })),
  },
  {
    id: 'measured',
    head: 'Measured',
    right: true,
    value: (l) => l.figure.measured,
    cell: (l) =>
      derived(l, inUnit(l, { value: l.figure.measured, low: l.figure.measured_low, high: l.figure.measured_high })),
  },
  {
    id: 'change',
    head: 'Change',
    right: true,
    value: (l) => l.figure.change,
    cell: (l) => derived(l, changeText(l.figure.change)),
  },
  {
    id: 'verdict',
    head: 'Outcome',
    value: (l) => l.figure.verdict,
    cell: (l) => <Badge tone={tone(l.figure.verdict)}>{l.figure.verdict}</Badge>,
  },
];

function Outcome({ review, id }: { review: Review; id: string }) {
  return (
    <section class="decision-part">
      <h3>
        Outcome <Letter letter={review.quality} />
        <span class="muted">
          {' '}
          {review.where}, {span(review.days * 86400)}, {count(review.calls)} calls, reviewed{' '}
          {dateTime(review.at, false)}
        </span>
      </h3>
      <Table
        name={`review-${id}`}
        caption="Expected and measured"
        rows={linesOf(review)}
        rowKey={(l) => l.name}
        columns={reviewColumns}
        empty={<p class="muted">The review has no figures.</p>}
      />
    </section>
  );
}

function Month({ decision: d }: { decision: Decision }) {
  const month = d.options?.find((o) => o.name === d.chosen)?.month;
  if (!month) return null;
  const figure = (name: string, quantity: Quantity, value: number, low: number, high: number) => (
    <Figure
      quantity={quantity}
      value={value}
      low={low}
      high={high}
      label={`Expected ${name} a month`}
      derive={() => monthOf(d, name, amount(quantity, value, low, high))}
    />
  );
  return (
    <>
      {figure('cost', 'money', month.cost, month.cost_low, month.cost_high)}
      {figure(
        'energy',
        'energy',
        month.energy_kwh * 3.6e6,
        month.energy_kwh_low * 3.6e6,
        month.energy_kwh_high * 3.6e6,
      )}
      {figure('carbon', 'carbon', month.carbon_kg * 1e3, month.carbon_kg_low * 1e3, month.carbon_kg_high * 1e3)}
    </>
  );
}

function factsOf(d: Decision): Fact[] {
  const facts: Fact[] = [
    { name: 'Chosen', value: d.chosen },
    { name: 'Over', value: d.over?.join(', ') || '–' },
  ];
  const w = d.weights;
  if (w) {
    const text = `cost ${w.cost.toFixed(2)}, control ${w.control.toFixed(2)}, carbon ${w.carbon.toFixed(2)}`;
    facts.push({ name: 'Weights', value: text, note: w.from });
  }
  if (d.options?.some((o) => o.name === d.chosen && o.month))
    facts.push({
      name: 'Expected a month',
      value: <Month decision={d} />,
      note: d.month && `for ${amount('tokens', d.month.tokens)}: ${d.month.from}`,
    });
  if (d.removed && d.removed.length > 0)
    facts.push({ name: 'Removed', value: d.removed.map((r) => `${r.name}: ${r.reason}`).join('; ') });
  return facts;
}

export function DecisionCard({ decision: d }: { decision: Decision }) {
  const review = d.reviews?.[d.reviews.length - 1];
  return (
    <Card
      class="decision"
      title={d.sentence}
      note={
        <>
          {dateTime(d.at, false)}
          {d.by && <> by {d.by}</>}
          {d.because && <>: “{d.because}”</>}
        </>
      }
      actions={
        <>
          {d.highest_score === false && <Badge tone="warn">against the score</Badge>}
          {d.lead && !d.lead.sure && <Badge>within uncertainty</Badge>}
          {!review && <Badge>not reviewed</Badge>}
        </>
      }
    >
      <Facts facts={factsOf(d)} />
      {review ? (
        <Outcome review={review} id={d.id} />
      ) : (
        <p class="small muted decision-part">
          See how it turned out: <code>trine decisions review {quoted(d.id)} -c trine.yaml</code>
        </p>
      )}
      {d.flips && d.flips.length > 0 && (
        <details class="decision-part">
          <summary>Flip points of that day ({d.flips.length})</summary>
          <Table
            name={`flips-${d.id}`}
            caption="Flip points"
            rows={d.flips}
            rowKey={(f) => `${f.input} ${f.of}`}
            columns={flipColumns}
            sort="far"
            empty={null}
          />
        </details>
      )}
      <p class="small muted decision-part">
        <code>{d.id}</code>
      </p>
    </Card>
  );
}
