import { useQuery } from '../api/query';
import type { Settings } from '../api/types';
import { Badge, Card } from '../components/card';
import { Loaded } from '../components/states';
import { count } from '../format/units';
import { ago, dateTime, span } from '../format/time';

function Facts({ rows }: { rows: [string, preact.ComponentChildren][] }) {
  return (
    <dl class="facts facts-single">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function SettingsPage() {
  const answer = useQuery<Settings>('/v1/ui/settings', 10);
  return (
    <div class="page">
      <Loaded query={answer} what="The settings">
        {(s) => (
          <>
            <div class="zones">
              <Card title="Health" actions={<Badge tone={s.health.ready ? 'good' : 'bad'}>{s.health.status}</Badge>}>
                {s.health.reasons.length > 0 ? (
                  <ul class="list">
                    {s.health.reasons.map((r) => (
                      <li key={r} class="notice notice-warn">
                        {r}
                      </li>
                    ))}
                  </ul>
                ) : (
                  <p>Everything that the gateway needs answers.</p>
                )}
              </Card>
              <Card title="Gateway">
                <Facts
                  rows={[
                    ['Version', s.version],
                    ['Started', `${dateTime(s.started)}, up ${span(s.uptime_s)}`],
                    ['Configuration', <code>{s.file}</code>],
                    ['Read', s.generation === 1 ? 'once, at the start' : `${s.generation} times`],
                    ['Workers', count(s.workers)],
                    ['Memory', `${(s.process.resident_bytes / 1048576).toFixed(1)} MiB`],
                    ['Processor time', `${s.process.cpu_seconds.toFixed(1)} s`],
                    ['Threads', count(s.process.threads)],
                  ]}
                />
              </Card>
              <Card
                title="Ledger"
                actions={
                  <Badge tone={s.ledger.full || s.ledger.trouble || s.ledger.damaged > 0 ? 'bad' : 'good'}>
                    {s.ledger.full
                      ? 'full'
                      : s.ledger.trouble
                        ? 'in trouble'
                        : s.ledger.damaged > 0
                          ? 'damaged records'
                          : 'fine'}
                  </Badge>
                }
              >
                {s.ledger.trouble && <p class="notice notice-bad">{s.ledger.trouble}</p>}
                <Facts
                  rows={[
                    ['Folder', <code>{s.ledger.dir}</code>],
                    ['In the database', `${count(s.ledger.folded)} records since the start`],
                    ['Waiting', `${count(s.ledger.lag_records)} records`],
                    ['Latest', s.ledger.last_fold ? ago(s.ledger.last_fold) : '–'],
                    ['Damaged', count(s.ledger.damaged)],
                  ]}
                />
              </Card>
            </div>
            {s.notes.length > 0 && (
              <Card title="Notes on the configuration" note="Allowed, and probably not meant">
                <ul class="list">
                  {s.notes.map((n) => (
                    <li key={n}>
                      <code>{n}</code>
                    </li>
                  ))}
                </ul>
              </Card>
            )}
            <Card
              title="Configuration"
              note="Without its secrets. Change the file and send SIGHUP to the gateway; a mistake leaves what runs as it is. Check it first with trine check."
            >
              <pre class="config" tabIndex={0}>
                {s.config}
              </pre>
            </Card>
          </>
        )}
      </Loaded>
    </div>
  );
}
