// One request, stage by stage, in the order in which it went through the gateway.
import type { ComponentChildren } from 'preact';
import { ApiError } from '../api/client';
import { useQuery } from '../api/query';
import type { RequestBody, RequestFacts, Settlement, SparedStep } from '../api/types';
import { Badge, Card, Tile } from '../components/card';
import { Derived, Figure } from '../components/figure';
import { Empty, Loaded } from '../components/states';
import { Waterfall } from '../charts/waterfall';
import type { Derivation } from '../derive/derivation';
import { cacheHit, latest, secondsBetween, settledOf, sparedStepOf, splitReason, totalOf } from '../derive/request';
import { amount, euros, grams, joules } from '../format/units';
import { dateTime, span } from '../format/time';
import { quoted } from '../format/shell';
import { href } from '../state/url';
import { CallCard } from './request_call';
import { GuardStage, guardTone } from './request_guard';
import { OutcomeBadge } from './requests';
import { stepName } from '../derive/steps';

function Stage({
  name,
  tone,
  children,
}: {
  name: string;
  tone?: 'good' | 'warn' | 'bad' | undefined;
  children: ComponentChildren;
}) {
  return (
    <li class={`stage stage-${tone ?? 'plain'}`}>
      <h3>{name}</h3>
      <div class="stage-text">{children}</div>
    </li>
  );
}

// What a step kept from the engines, each number with its derivation.
function Spared({ of: a }: { of: SparedStep }) {
  const derive = (): Derivation => sparedStepOf(a);
  return (
    <>
      <Derived label="Tokens spared" derive={derive}>
        {(a.tokens_in + a.tokens_out).toLocaleString('en-GB')} tokens
      </Derived>
      ,{' '}
      <Figure
        quantity="energy"
        value={joules(a.energy_uj)}
        low={joules(a.energy_low_uj)}
        high={joules(a.energy_high_uj)}
        letter={a.quality}
        label="Energy spared"
        derive={derive}
      />
      , <Figure quantity="carbon" value={grams(a.carbon_ng)} label="Carbon spared" derive={derive} />,{' '}
      <Figure quantity="money" value={euros(a.cost_neur)} label="Cost spared" derive={derive} />
    </>
  );
}

function CacheStage({ request: r }: { request: RequestFacts }) {
  const hit = cacheHit(r.reason ?? '');
  const cached = r.calls.reduce((n, c) => n + c.tokens_cached, 0),
    prompt = r.calls.reduce((n, c) => n + c.tokens_in, 0);
  const prefix =
    prompt === 0
      ? null
      : cached > 0
        ? `Of the prompt ${cached.toLocaleString('en-GB')} of ${prompt.toLocaleString('en-GB')} tokens came from the engine’s own prefix cache (${((100 * cached) / prompt).toFixed(0)} %).`
        : 'No prompt token came from the engine’s own prefix cache.';
  if (!hit && r.outcome === 'refused') return <>Not reached: the request was refused before.</>;
  if (!hit)
    return (
      <>
        <p>Not from the answer cache: the route has none, or no answer to this was known.</p>
        {prefix && <p class="small muted">{prefix}</p>}
      </>
    );
  return (
    <>
      <p>
        <Badge tone="good">hit</Badge> {stepName(hit.step)}: the answer of{' '}
        <a href={href('/fleet', { deployment: hit.deployment })}>{hit.deployment}</a> to{' '}
        <a href={href(`/requests/${hit.request}`)}>
          <code>{hit.request}</code>
        </a>
        , {span(hit.age)} old.
      </p>
      {(r.avoided ?? [])
        .filter((a) => a.step === hit.step)
        .map((a) => (
          <p key={a.step}>
            It spared <Spared of={a} />
          </p>
        ))}
      {prefix && <p class="small muted">{prefix}</p>}
    </>
  );
}

function Stages(body: RequestBody) {
  const { request: r, explanation } = body;
  const { route } = splitReason(r.reason ?? '');
  const hit = cacheHit(r.reason ?? '');
  const blocked = guardTone(body) === 'bad';
  const last = r.calls[r.calls.length - 1];
  const spared = (r.avoided ?? []).filter((a) => a.step !== hit?.step);
  const group = [r.org, r.team, r.project].filter((x) => x !== '').join(' / ');
  return (
    <ol class="stages">
      <Stage name="Received">
        {dateTime(r.start)} at <code>{r.endpoint}</code>
        {r.streamed ? ', streamed' : ''}
      </Stage>
      <Stage name="Identity">
        Key <a href={href('/requests', { key: r.key })}>{r.key || 'none'}</a>
        {group && <> of {group}</>}
        {r.user && <>, for user {r.user}</>}
        {r.workload && (
          <>
            ; workload <a href={href('/workloads', { workload: r.workload })}>{r.workload}</a>
          </>
        )}
      </Stage>
      <Stage name="Guard" tone={guardTone(body)}>
        <GuardStage {...body} />
      </Stage>
      <Stage name="Cache" tone={hit ? 'good' : undefined}>
        <CacheStage request={r} />
      </Stage>
      <Stage name="Route" tone={r.calls.length === 0 && r.outcome !== 'ok' && !blocked ? 'bad' : undefined}>
        {r.route || 'no route'}
        {hit ? ': nobody was asked, the cache had the answer' : route && <>: {route}</>}
        {route && !hit && (
          <p class="small">
            <a href={href('/decisions', { workload: r.workload || null })}>What would be chosen now, and why</a>
          </p>
        )}
        {!route && r.calls.length === 0 && !r.open && (
          <>
            : no deployment was called
            {r.error && (
              <>
                , <code>{r.error}</code>
              </>
            )}
          </>
        )}
      </Stage>
      {spared.length > 0 && (
        <Stage name="Spared" tone="good">
          {spared.map((a) => (
            <p key={a.step}>
              {stepName(a.step)}: <Spared of={a} />
            </p>
          ))}
        </Stage>
      )}
      <Stage
        name={r.calls.length > 1 ? `${r.calls.length} calls` : 'Call'}
        tone={last && last.outcome === 'failed' ? 'bad' : undefined}
      >
        {r.calls.length === 0
          ? 'None.'
          : r.calls.map((c) => (
              <p key={c.attempt}>
                <a href={href('/fleet', { deployment: c.deployment })}>{c.deployment}</a> in{' '}
                {c.zone || 'a zone that is not known'}: {c.tokens_in.toLocaleString('en-GB')} tokens in,{' '}
                {c.tokens_out.toLocaleString('en-GB')} out (
                {c.tokens_from === 'reported' ? 'as the engine reported' : 'counted by the gateway'})
                {c.mean_batch >= 1.05 ? `, beside ${(c.mean_batch - 1).toFixed(1)} others on average` : ', alone on it'}
                . <OutcomeBadge outcome={c.outcome} /> <span class="muted">{c.http_status}</span>
              </p>
            ))}
      </Stage>
      <Stage name="Answer" tone={r.outcome === 'failed' ? 'bad' : undefined}>
        {r.open ? (
          'Still running.'
        ) : (
          <>
            {r.outcome && <OutcomeBadge outcome={r.outcome} />} status {r.http_status}
            {r.error && (
              <>
                {' '}
                <code>{r.error}</code>
              </>
            )}{' '}
            after {amount('duration', secondsBetween(r.start, r.end))}
          </>
        )}
      </Stage>
      <Stage name="Booked" tone={r.calls.length > 0 && r.final ? 'good' : undefined}>
        <Booked request={r} explanation={explanation} />
      </Stage>
    </ol>
  );
}

// Where the energy of each call comes from, in a line; the cards below have all of it.
function Booked({ request: r, explanation }: Pick<RequestBody, 'request' | 'explanation'>) {
  if (r.calls.length === 0)
    return <>No call, so no energy but the gateway’s own, which reports show beside the requests.</>;
  return (
    <>
      {r.calls.map((c) => {
        const settled = latest(c);
        const explained = explanation?.calls.find((e) => e.attempt === c.attempt);
        if (!settled) return <p key={c.attempt}>Not settled yet.</p>;
        const windows = explained?.windows.length ?? 0;
        return (
          <p key={c.attempt}>
            <Figure
              quantity="energy"
              value={settled.energy_j}
              low={settled.energy_low_j}
              high={settled.energy_high_j}
              letter={settled.quality}
              label={`Energy of call ${c.attempt + 1}`}
              derive={() => settledOf(c, settled, explained)}
            />{' '}
            {settled.basis === 'provisional' || windows === 0
              ? 'estimated from the model’s curve or the vendor’s formula'
              : `its share of ${windows} ${windows === 1 ? 'window' : 'windows'} of the meter`}
            {settled.basis === 'final' ? ', final' : ', provisional'}
          </p>
        );
      })}
    </>
  );
}

function Totals({ request: r, explanation }: Pick<RequestBody, 'request' | 'explanation'>) {
  const settled = r.calls.map(latest).filter((s): s is Settlement => s != null);
  const add = (read: (s: Settlement) => number): number | null =>
    settled.length > 0 ? settled.reduce((sum, s) => sum + read(s), 0) : null;
  const tokens = r.calls.reduce((n, c) => n + c.tokens_in + c.tokens_out, 0);
  const energy = add((s) => s.energy_j);
  const letter = settled
    .map((s) => s.quality)
    .sort()
    .reverse()[0];
  const derive = (): Derivation => totalOf(r, explanation);
  return (
    <div class="tiles">
      <Tile name="Cost" tone="cost">
        <Figure block quantity="money" value={add((s) => s.cost)} letter={letter} derive={derive} />
      </Tile>
      <Tile name="Energy" tone="energy">
        <Figure
          block
          quantity="energy"
          value={energy}
          low={add((s) => s.energy_low_j)}
          high={add((s) => s.energy_high_j)}
          letter={letter}
          derive={derive}
        />
      </Tile>
      <Tile name="Carbon" tone="carbon">
        <Figure
          block
          quantity="carbon"
          value={add((s) => s.carbon_g)}
          low={add((s) => s.carbon_low_g)}
          high={add((s) => s.carbon_high_g)}
          letter={letter}
          derive={derive}
        />
      </Tile>
      <Tile
        name="Energy per token"
        tone="energy"
        foot={
          <Derived label="Tokens" derive={derive}>
            {tokens.toLocaleString('en-GB')} tokens
          </Derived>
        }
      >
        <Figure
          block
          quantity="joules_per_token"
          value={energy != null && tokens > 0 ? energy / tokens : null}
          letter={letter}
          derive={derive}
        />
      </Tile>
    </div>
  );
}

export function RequestPage({ id }: { id: string }) {
  const answer = useQuery<RequestBody>(`/v1/ui/requests/${encodeURIComponent(id)}`);
  if (answer.error instanceof ApiError && answer.error.status === 404) {
    return (
      <Empty title="There is no such request">
        <code>{id}</code> is not in the ledger: it may be of another gateway, older than <code>ledger.retention</code>,
        or mistyped. <a href={href('/requests')}>To the requests</a>
      </Empty>
    );
  }
  return (
    <div class="page">
      <p class="crumbs">
        <a href={href('/requests')}>Requests</a> / <code>{id}</code>
      </p>
      <Loaded query={answer} what="The request">
        {(body) => {
          const { request, explanation } = body;
          return (
            <>
              <Totals request={request} explanation={explanation} />
              {!request.final && (
                <p class="notice">
                  {request.open
                    ? 'It still runs.'
                    : 'Its figures are provisional until its meter’s windows are closed.'}{' '}
                  <button type="button" class="link-button" onClick={answer.reload}>
                    Read again
                  </button>
                </p>
              )}
              <div class="columns-wide">
                <Card title="Stage by stage">
                  <Stages {...body} />
                </Card>
                <Card title="In time" note="From the request’s start to its end">
                  <Waterfall request={request} />
                  <p class="small muted">
                    The same in a terminal: <code>trine explain -c trine.yaml {quoted(id)}</code>
                  </p>
                </Card>
              </div>
              {request.calls.map((c) => (
                <CallCard
                  key={c.attempt}
                  call={c}
                  explained={explanation?.calls.find((e) => e.attempt === c.attempt)}
                />
              ))}
              {request.calls.length === 0 && !request.open && (
                <Badge>No call was made, so it took no energy but the gateway’s own.</Badge>
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
