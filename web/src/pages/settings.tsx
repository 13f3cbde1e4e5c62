import { useQuery } from '../api/query';
import type { Settings } from '../api/types';
import { Badge, Card } from '../components/card';
import { Facts, type Fact } from '../components/facts';
import { Loaded } from '../components/states';
import { counted } from '../derive/derivation';
import { count } from '../format/units';
import { ago, dateTime, span } from '../format/time';

const figure = (name: string, value: string, meaning: string, docs = ['docs/metrics.md']): Fact => ({
  name,
  value,
  open: () => counted(name, value, meaning, { docs, command: 'curl -s http://ADMIN/metrics' }),
});

function factsOf(s: Settings): Fact[] {
  return [
    { name: 'Version', value: s.version },
    { name: 'Started', value: `${dateTime(s.started)}, up ${span(s.uptime_s)}` },
    { name: 'Configuration', value: <code>{s.file}</code> },
    { name: 'Read', value: s.generation === 1 ? 'once, at the start' : `${s.generation} times` },
    figure('Workers', count(s.workers), 'Threads that serve requests, as workers in the configuration says.', [
      'docs/config.md',
    ]),
    figure(
      'Memory',
      `${(s.process.resident_bytes / 1048576).toFixed(1)} MiB`,
      'What of the gateway is in memory at this moment, as the system counts it (resident).',
    ),
    figure(
      'Processor time',
      `${s.process.cpu_seconds.toFixed(1)} s`,
      'Of all threads since the start. The gateway’s own energy is made of it; reports show it beside the requests.',
      ['docs/accounting.md', 'docs/metrics.md'],
    ),
    figure('Threads', count(s.process.threads), 'Workers, the ledger’s, and those that may block on a disk.'),
  ];
}

function ledgerFacts({ ledger: l }: Settings): Fact[] {
  return [
    { name: 'Folder', value: <code>{l.dir}</code> },
    figure(
      'In the database',
      `${count(l.folded)} records since the start`,
      'Requests, calls, settlements and meter windows that went from the journal into the database.',
    ),
    figure(
      'Waiting',
      `${count(l.lag_records)} records`,
      'In the journal, and so safe, but not in the database yet: reports show them within a second or so.',
    ),
    { name: 'Latest', value: l.last_fold ? ago(l.last_fold) : '–' },
    figure(
      'Damaged',
      count(l.damaged),
      'Records whose checksum is wrong: left out of every figure, never guessed. More than none means a broken disk.',
    ),
  ];
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
                <Facts facts={factsOf(s)} class="facts-single" />
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
                <Facts facts={ledgerFacts(s)} class="facts-single" />
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
