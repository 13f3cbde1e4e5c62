import type { Decision, Review, ReviewFigure } from '../api/types';
import { Badge, Card } from '../components/card';
import { Figure } from '../components/figure';
import { Letter } from '../components/letter';
import { Table, type Column } from '../components/table';
import { amount, count, rangeNumber, scaleFor, withUnit, type Quantity, type Range } from '../format/units';
import { dateTime, span } from '../format/time';
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

const reviewColumns: Column<Line>[] = [
  { id: 'what', head: 'Figure', value: (l) => l.name },
  {
    id: 'expected',
    head: 'Expected',
    right: true,
    value: (l) => l.figure.expected,
    cell: (l) => inUnit(l, { value: l.figure.expected, low: l.figure.expected_low, high: l.figure.expected_high }),
  },
  {
    id: 'measured',
    head: 'Measured',
    right: true,
    value: (l) => l.figure.measured,
    cell: (l) => inUnit(l, { value: l.figure.measured, low: l.figure.measured_low, high: l.figure.measured_high }),
  },
  {
    id: 'change',
    head: 'Change',
    right: true,
    value: (l) => l.figure.change,
    cell: (l) => changeText(l.figure.change),
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

export function DecisionCard({ decision: d }: { decision: Decision }) {
  const chosen = d.options?.find((o) => o.name === d.chosen);
  const month = chosen?.month;
  const review = d.reviews?.[d.reviews.length - 1];
  const weights = d.weights;
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
      <dl class="facts">
        <div>
          <dt>Chosen</dt>
          <dd>{d.chosen}</dd>
        </div>
        <div>
          <dt>Over</dt>
          <dd>{d.over?.join(', ') || '–'}</dd>
        </div>
        {weights && (
          <div>
            <dt>Weights</dt>
            <dd>
              cost {weights.cost.toFixed(2)}, control {weights.control.toFixed(2)}, carbon {weights.carbon.toFixed(2)}
              <span class="input-note">{weights.from}</span>
            </dd>
          </div>
        )}
        {month && (
          <div>
            <dt>Expected a month</dt>
            <dd>
              <Figure quantity="money" value={month.cost} low={month.cost_low} high={month.cost_high} />
              <Figure
                quantity="energy"
                value={month.energy_kwh * 3.6e6}
                low={month.energy_kwh_low * 3.6e6}
                high={month.energy_kwh_high * 3.6e6}
              />
              <Figure
                quantity="carbon"
                value={month.carbon_kg * 1e3}
                low={month.carbon_kg_low * 1e3}
                high={month.carbon_kg_high * 1e3}
              />
              {d.month && (
                <span class="input-note">
                  for {amount('tokens', d.month.tokens)}: {d.month.from}
                </span>
              )}
            </dd>
          </div>
        )}
        {d.removed && d.removed.length > 0 && (
          <div>
            <dt>Removed</dt>
            <dd>{d.removed.map((r) => `${r.name}: ${r.reason}`).join('; ')}</dd>
          </div>
        )}
      </dl>
      {review ? (
        <Outcome review={review} id={d.id} />
      ) : (
        <p class="small muted decision-part">
          See how it turned out: <code>trine decisions review {d.id} -c trine.yaml</code>
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
