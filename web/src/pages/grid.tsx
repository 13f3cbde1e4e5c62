import { useMemo } from 'preact/hooks';
import { useQuery } from '../api/query';
import type { Grid, GridNow, GridSource, GridZone } from '../api/types';
import { Plot, type Line } from '../charts/plot';
import { Badge, Card } from '../components/card';
import { Derived, Figure } from '../components/figure';
import { Empty, Loaded } from '../components/states';
import { amounts, type Column } from '../components/table';
import { TableCard } from '../components/table_card';
import { cleanSpells, startOf } from '../derive/clean_hours';
import { counted, type Derivation } from '../derive/derivation';
import { amount, count, number, scaleFor } from '../format/units';
import { ago, clock, dateTime, span } from '../format/time';
import { option } from '../format/shell';
import { href, params } from '../state/url';

const palette = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6', '--series-7'];

function intensityOf(zone: GridZone, now: GridNow): Derivation {
  return {
    title: `Grid intensity of ${zone.name || zone.zone}`,
    value: amount('intensity', now.g_per_kwh, now.low, now.high),
    letter: now.quality_metered,
    meaning:
      'Grams of CO2e that a kWh used now emits: lifecycle, average, of what is consumed in the zone. Requests are booked with it. Where a value is missing the next rung of a ladder stands in, with a wider range; never 0.',
    inputs: [
      { name: 'Source', value: now.source },
      { name: 'Method', value: now.method },
      {
        name: 'Rung of the ladder',
        value: now.granularity,
        note: now.estimated ? 'the source says that it is an estimate' : undefined,
      },
      {
        name: 'Age',
        value: now.age_s == null ? 'not known' : now.age_s === 0 ? 'of the present hour' : span(now.age_s),
      },
      { name: 'Letter with a meter', value: now.quality_metered ?? '–' },
      { name: 'Letter with a curve', value: now.quality_by_curve ?? '–' },
      ...zone.beside.map((b) => ({
        name: `Beside it: ${b.method}`,
        value: amount('intensity', b.g_per_kwh),
        note: `${b.source}; shown, never booked`,
      })),
    ],
    command: `trine grid -c trine.yaml ${option('zone', zone.zone)}`,
    links:
      zone.deployments.length > 0
        ? [{ text: `Deployments there: ${zone.deployments.join(', ')}`, href: href('/fleet') }]
        : [],
    docs: ['docs/accounting.md §3', 'docs/grid.md'],
  };
}

// A cell an hour, from clean to dirty within the zone's next day.
function HourStrip({ zone, at }: { zone: GridZone; at: number }) {
  const ahead = zone.slots.filter((s) => startOf(s) + s.seconds > at).slice(0, 24);
  if (ahead.length < 2) return null;
  const low = Math.min(...ahead.map((s) => s.g_per_kwh)),
    high = Math.max(...ahead.map((s) => s.g_per_kwh));
  const flat = high <= low * 1.03;
  const scale = scaleFor('intensity', [high]);
  const spells = cleanSpells(zone.slots, at).slice(0, 2);
  return (
    <div class="hours">
      <ol class="hours-strip" aria-label={`Forecast for ${zone.zone} by the hour`}>
        {ahead.map((s) => {
          const level = flat ? 2 : Math.min(4, Math.floor(((s.g_per_kwh - low) / (high - low)) * 5));
          const text = `${clock(new Date(s.start))}: ${number(s.g_per_kwh, scale)} ${scale.unit}`;
          return (
            <li key={s.start} class={`hour hour-${level}`} title={text}>
              <span class="hidden-text">{text}</span>
            </li>
          );
        })}
      </ol>
      <p class="small muted">
        {spells.length === 0
          ? 'No hour of the next day is cleaner than another: only an average is known.'
          : `Cleanest: ${spells.map((s) => `${clock(new Date(s.from * 1000))} to ${clock(new Date(s.to * 1000))} at ${number(s.mean, scale)} ${scale.unit}`).join('; ')}`}
      </p>
    </div>
  );
}

function ZoneCard({ zone, at }: { zone: GridZone; at: number }) {
  const now = zone.now;
  const lines = useMemo((): Line[] => {
    const band = zone.slots.every((s) => s.low != null && s.high != null);
    return [
      {
        label: zone.zone,
        color: '--carbon',
        kind: 'step',
        values: zone.slots.map((s) => s.g_per_kwh),
        low: band ? zone.slots.map((s) => s.low) : undefined,
        high: band ? zone.slots.map((s) => s.high) : undefined,
      },
    ];
  }, [zone]);
  const t = useMemo(() => zone.slots.map(startOf), [zone]);
  return (
    <Card
      title={zone.name && zone.name !== zone.zone ? `${zone.name} (${zone.zone})` : zone.zone}
      note={zone.deployments.length > 0 ? <>Deployments: {zone.deployments.join(', ')}</> : 'No deployment is there'}
      actions={
        now && (
          <span class="zone-now">
            <Figure
              quantity="intensity"
              value={now.g_per_kwh}
              low={now.low}
              high={now.high}
              letter={now.quality_metered}
              derive={() => intensityOf(zone, now)}
              label={`Intensity of ${zone.zone}`}
            />
          </span>
        )
      }
    >
      {now && (
        <p class="small zone-source">
          <Badge
            tone={
              now.granularity === 'live' || now.granularity === 'slot' || now.granularity === 'hour' ? 'good' : 'plain'
            }
          >
            {now.granularity}
          </Badge>{' '}
          from {now.source}
          {now.age_s != null && now.age_s > 0 && <>, {span(now.age_s)} old</>}
        </p>
      )}
      <HourStrip zone={zone} at={at} />
      <Plot
        name={`intensity of ${zone.zone}`}
        quantity="intensity"
        t={t}
        stepSeconds={zone.slots[0]?.seconds ?? 3600}
        lines={lines}
        now={at}
        height={180}
        empty="No values of this zone"
      />
    </Card>
  );
}

// All zones on the times of the first; zones without a value there have a gap.
function Compare({ zones, at }: { zones: GridZone[]; at: number }) {
  const { t, lines } = useMemo(() => {
    const times = zones[0]!.slots.map(startOf);
    return {
      t: times,
      lines: zones.slice(0, palette.length).map((z, i): Line => {
        const values = new Map(z.slots.map((s) => [startOf(s), s.g_per_kwh]));
        return { label: z.zone, color: palette[i]!, kind: 'step', values: times.map((s) => values.get(s) ?? null) };
      }),
    };
  }, [zones]);
  return (
    <Card title="All regions" note="Last week, now and the day ahead; the shaded part is a forecast">
      <Plot
        name="intensity by region"
        quantity="intensity"
        t={t}
        stepSeconds={3600}
        lines={lines}
        now={at}
        height={240}
      />
    </Card>
  );
}

function nowColumns(zones: GridZone[]): Column<GridZone>[] {
  return [
    {
      id: 'zone',
      head: 'Region',
      value: (z) => z.zone,
      cell: (z) => (
        <>
          {z.zone} <span class="muted">{z.name !== z.zone ? z.name : ''}</span>
        </>
      ),
    },
    amounts({
      id: 'now',
      head: 'Now',
      quantity: 'intensity',
      rows: zones,
      get: (z) => (z.now ? { value: z.now.g_per_kwh, low: z.now.low, high: z.now.high } : null),
      letter: (z) => z.now?.quality_metered,
      derive: (z) => intensityOf(z, z.now!),
    }),
    { id: 'source', head: 'Source', value: (z) => z.now?.source },
    { id: 'rung', head: 'Rung', value: (z) => z.now?.granularity },
    {
      id: 'age',
      head: 'Age',
      right: true,
      value: (z) => z.now?.age_s ?? null,
      cell: (z) =>
        z.now && (
          <Derived label="Age" derive={() => intensityOf(z, z.now!)}>
            {z.now.age_s ? span(z.now.age_s) : 'now'}
          </Derived>
        ),
    },
    {
      id: 'deployments',
      head: 'Deployments',
      wrap: true,
      value: (z) => z.deployments.join(' '),
      cell: (z) => z.deployments.join(', ') || <span class="muted">none</span>,
    },
  ];
}

function faults(id: 'errors' | 'holes' | 'absurd', head: string, meaning: string): Column<GridSource> {
  return {
    id,
    head,
    right: true,
    value: (s) => s[id],
    cell: (s) => (
      <Derived
        label={head}
        derive={() =>
          counted(`${head} of ${s.source}, ${s.zone}`, count(s[id]), meaning, {
            inputs: [
              { name: 'Fetched', value: dateTime(s.fetched) },
              { name: 'Trouble', value: s.trouble ?? 'none' },
            ],
            docs: ['docs/grid.md'],
          })
        }
      >
        {count(s[id])}
      </Derived>
    ),
  };
}

const sourceColumns: Column<GridSource>[] = [
  { id: 'source', head: 'Source', value: (s) => s.source },
  { id: 'zone', head: 'Region', value: (s) => s.zone },
  {
    id: 'up',
    head: 'State',
    value: (s) => (s.up ? 'answers' : 'silent'),
    cell: (s) => <Badge tone={s.up ? 'good' : 'bad'}>{s.up ? 'answers' : 'silent'}</Badge>,
  },
  {
    id: 'newest',
    head: 'Newest value',
    value: (s) => s.newest_end,
    cell: (s) => (s.newest_end ? <span title={dateTime(s.newest_end)}>{ago(s.newest_end)}</span> : '–'),
  },
  { id: 'next', head: 'Asked next', value: (s) => s.next, cell: (s) => (s.next ? dateTime(s.next) : '–') },
  faults('errors', 'Errors', 'Times that it did not answer, or not in a way that can be read, since the start.'),
  faults('holes', 'Holes', 'Values that were null, zero or text. A hole goes down the ladder, never to 0 grams.'),
  faults('absurd', 'Absurd', 'Values below 0 or above 2000 g/kWh. They are left out, and the next rung is taken.'),
  {
    id: 'trouble',
    head: 'Trouble',
    wrap: true,
    value: (s) => s.trouble,
    cell: (s) => s.trouble ?? <span class="muted">none</span>,
  },
];

export function GridPage() {
  const grid = useQuery<Grid>('/v1/ui/grid', 60);
  const only = params.value.get('zone');
  return (
    <div class="page">
      <Loaded query={grid} what="The grid">
        {(data) => {
          const zones = data.zones.filter((z) => !only || z.zone === only);
          const at = Date.parse(data.at) / 1000;
          if (zones.length === 0) {
            return (
              <Empty title="No region is known">
                Give deployments a <code>zone</code> in the configuration, such as <code>zone: FR</code>; docs/grid.md
                says which there are.
              </Empty>
            );
          }
          return (
            <>
              <TableCard
                title="Now"
                note="What calls are booked with"
                name="grid"
                caption="Intensity by region"
                rows={zones}
                rowKey={(z) => z.zone}
                columns={nowColumns(zones)}
                sort="now"
                empty={null}
              />
              {zones.length > 1 && zones[0]!.slots.length > 1 && <Compare zones={zones} at={at} />}
              <div class="zones">
                {zones.map((z) => (
                  <ZoneCard key={z.zone} zone={z} at={at} />
                ))}
              </div>
              <TableCard
                title="Sources"
                note="Live sources of the configuration, as last asked"
                name="grid-sources"
                caption="Sources of intensities"
                rows={data.sources}
                rowKey={(s) => `${s.source} ${s.zone}`}
                columns={sourceColumns}
                empty={
                  <Empty title="No live source">
                    Values come from the configuration and the catalog. Name a source under <code>grid.sources</code> to
                    have hourly ones; docs/grid.md says how.
                  </Empty>
                }
              />
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
