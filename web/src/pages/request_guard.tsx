// The guard's stage of one request: check, verdict, rule and score, as far as they are on record.
import type { RequestBody, RequestGuard } from '../api/types';
import { Badge } from '../components/card';
import { Derived } from '../components/figure';
import { checkDerivation, parseGuard, tierName, type GuardCheck } from '../derive/guard';
import { splitReason } from '../derive/request';
import { count } from '../format/units';
import { dateTime } from '../format/time';
import { href } from '../state/url';

const tone = (verdict: string): 'good' | 'warn' | 'bad' =>
  verdict === 'block' ? 'bad' : verdict === 'allow' ? 'good' : 'warn';

function Check({ check: c, id }: { check: GuardCheck; id: string }) {
  return (
    <li>
      <Badge tone={tone(c.verdict)}>{c.verdict}</Badge> <strong>{tierName(c.tier)}</strong>: {c.risk}
      {c.rule && (
        <>
          , rule{' '}
          <Derived label={`Rule ${c.rule}`} derive={() => checkDerivation(c, id)}>
            <code>{c.rule}</code>
          </Derived>
        </>
      )}
      {c.score != null && (
        <>
          , score{' '}
          <Derived label="Score" derive={() => checkDerivation(c, id)}>
            {c.score.toFixed(3)}
          </Derived>{' '}
          <span class="muted">
            (threshold {c.threshold?.toFixed(3)}, {c.level})
          </span>
        </>
      )}
      {c.says && <div class="small muted">{c.says}</div>}
    </li>
  );
}

// The log counts by key, cause and minute: what it has may be of this request or of another one of the key.
function Log({ guard, keyName }: { guard: RequestGuard; keyName: string }) {
  if (!guard.audit)
    return (
      <p class="small muted">
        No audit log: there is one with an identity store, <code>identity: {'{ dir }'}</code> (docs/keys.md).
      </p>
    );
  if (guard.events.length === 0) return null;
  return (
    <div class="small">
      <p class="muted">
        In the <a href={href('/guard')}>audit log</a> at that time, of key {keyName || 'none'}. It counts by key, cause
        and minute, so a line may be of other requests of the key:
      </p>
      <ul>
        {guard.events.map((e) => (
          <li key={`${e.first} ${e.action}`}>
            <code>{e.action}</code> {count(e.count)} ×, {dateTime(e.first)}
            {e.at !== e.first && <> to {dateTime(e.at)}</>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Found({ lines, id }: { lines: string[]; id: string }) {
  const note = parseGuard(lines);
  return (
    <>
      {note.verdict && (
        <p>
          <Badge tone={tone(note.verdict)}>{note.verdict}</Badge> by policy {note.policy}
        </p>
      )}
      <ul class="checks">
        {note.checks.map((c, i) => (
          <Check key={i} check={c} id={id} />
        ))}
        {note.evidence.map((e, i) => (
          <li key={`e${i}`}>
            <Badge>evidence</Badge> rule <code>{e.rule}</code>
            <div class="small muted">{e.says}</div>
          </li>
        ))}
        {note.answer.map((a, i) => (
          <li key={`a${i}`}>
            <Badge tone="warn">answer</Badge> {a}
          </li>
        ))}
        {note.other.map((o) => (
          <li key={o}>{o}</li>
        ))}
      </ul>
    </>
  );
}

export function guardTone({ request: r, guard }: RequestBody): 'good' | 'warn' | 'bad' | undefined {
  const lines = splitReason(r.reason ?? '').guard;
  const blocked = r.error === 'content_blocked' || r.error === 'answer_withheld';
  if (blocked) return 'bad';
  if (lines) return 'warn';
  return guard.on && r.outcome !== 'refused' ? 'good' : undefined;
}

export function GuardStage({ request: r, guard }: RequestBody) {
  const lines = splitReason(r.reason ?? '').guard;
  if (lines)
    return (
      <>
        <Found lines={lines} id={r.id} />
        <Log guard={guard} keyName={r.key} />
      </>
    );
  if (r.outcome === 'refused')
    return (
      <>
        Nothing on record: the request was refused with <code>{r.error}</code>, before the guard or without it.
        <Log guard={guard} keyName={r.key} />
      </>
    );
  if (!guard.on)
    return (
      <>
        Off: as the configuration stands, nobody reads the texts of such requests (<code>guard</code> of the gateway or
        of route {r.route}).
      </>
    );
  return (
    <>
      <p>
        <Badge tone="good">allow</Badge> by policy {guard.policy}: rules, classifier and the search for personal data
        found nothing to act on.
      </p>
      <p class="small muted">
        Only requests that are flagged, redacted or blocked leave rules and scores behind; of this one there are none.
      </p>
      <Log guard={guard} keyName={r.key} />
    </>
  );
}
