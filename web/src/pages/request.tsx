// One request, stage by stage, in the order in which it went through the gateway.
import type { ComponentChildren } from 'preact';
import { ApiError } from '../api/client';
import { useQuery } from '../api/query';
import type { RequestBody, RequestFacts, Settlement } from '../api/types';
import { Badge, Card, Tile } from '../components/card';
import { Figure } from '../components/figure';
import { Empty, Loaded } from '../components/states';
import { Waterfall } from '../charts/waterfall';
import { latest, secondsBetween, settledOf, splitReason } from '../derive/request';
import { amount, euros, grams, joules } from '../format/units';
import { dateTime } from '../format/time';
import { href } from '../state/url';
import { CallCard } from './request_call';
import { OutcomeBadge } from './requests';
import { stepName } from './spared';

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

function Stages({ request: r }: { request: RequestFacts }) {
  const { guard, route } = splitReason(r.reason ?? '');
  const blocked = r.error?.startsWith('content_') ?? false;
  const last = r.calls[r.calls.length - 1];
  const cached = r.calls.reduce((n, c) => n + c.tokens_cached, 0),
    prompt = r.calls.reduce((n, c) => n + c.tokens_in, 0);
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
      <Stage name="Guard" tone={blocked ? 'bad' : guard ? 'warn' : 'good'}>
        {guard ? (
          <ul>
            {guard.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        ) : blocked ? (
          'Blocked.'
        ) : r.outcome === 'refused' ? (
          'Nothing found.'
        ) : (
          'Nothing found: let through.'
        )}
      </Stage>
      <Stage name="Route" tone={r.calls.length === 0 && r.outcome !== 'ok' && !blocked ? 'bad' : undefined}>
        {r.route || 'no route'}
        {route && <>: {route}</>}
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
      <Stage name="Cache">
        {prompt === 0
          ? 'No prompt reached an engine.'
          : cached > 0
            ? `${cached.toLocaleString('en-GB')} of ${prompt.toLocaleString('en-GB')} prompt tokens came from the engine’s prefix cache (${((100 * cached) / prompt).toFixed(0)} %).`
            : 'No prompt token came from a cache.'}
      </Stage>
      {(r.avoided?.length ?? 0) > 0 && (
        <Stage name="Spared" tone="good">
          {r.avoided!.map((a) => (
            <p key={a.step}>
              {stepName(a.step)}: {(a.tokens_in + a.tokens_out).toLocaleString('en-GB')} tokens,{' '}
              {amount('energy', joules(a.energy_uj), joules(a.energy_low_uj), joules(a.energy_high_uj))},{' '}
              {amount('carbon', grams(a.carbon_ng))}, {amount('money', euros(a.cost_neur))}
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
    </ol>
  );
}

function Totals({ request: r }: { request: RequestFacts }) {
  const settled = r.calls.map(latest).filter((s): s is Settlement => s != null);
  const add = (read: (s: Settlement) => number): number | null =>
    settled.length > 0 ? settled.reduce((sum, s) => sum + read(s), 0) : null;
  const tokens = r.calls.reduce((n, c) => n + c.tokens_in + c.tokens_out, 0);
  const energy = add((s) => s.energy_j);
  const letter = settled
    .map((s) => s.quality)
    .sort()
    .reverse()[0];
  const first = r.calls.find((c) => c.settlements.length > 0);
  const derive = first && settled.length === 1 ? () => settledOf(first, settled[0]!, undefined) : undefined;
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
      <Tile name="Energy per token" tone="energy" foot={`${tokens.toLocaleString('en-GB')} tokens`}>
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
        {({ request, explanation }) => (
          <>
            <Totals request={request} />
            {!request.final && (
              <p class="notice">
                {request.open ? 'It still runs.' : 'Its figures are provisional until its meter’s windows are closed.'}{' '}
                <button type="button" class="link-button" onClick={answer.reload}>
                  Read again
                </button>
              </p>
            )}
            <div class="columns-wide">
              <Card title="Stage by stage">
                <Stages request={request} />
              </Card>
              <Card title="In time" note="From the request’s start to its end">
                <Waterfall request={request} />
                <p class="small muted">
                  The same in a terminal: <code>trine explain -c trine.yaml {id}</code>
                </p>
              </Card>
            </div>
            {request.calls.map((c) => (
              <CallCard key={c.attempt} call={c} explained={explanation?.calls.find((e) => e.attempt === c.attempt)} />
            ))}
            {request.calls.length === 0 && !request.open && (
              <Badge>No call was made, so it took no energy but the gateway’s own.</Badge>
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}
