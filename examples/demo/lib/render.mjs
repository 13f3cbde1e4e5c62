// What the demo prints.

const COLUMNS = [
  { title: 'document', value: (r) => r.document },
  { title: 'deployment', value: (r) => r.deployment },
  { title: 'in', value: (r) => String(r.tokens_in), right: true },
  { title: 'out', value: (r) => String(r.tokens_out), right: true },
  { title: 'EUR', value: (r) => r.cost.toFixed(7), right: true },
  { title: 'J', value: (r) => r.energy_j.toFixed(2), right: true },
  { title: 'gCO2e', value: (r) => r.carbon_g.toFixed(5), right: true },
  { title: 'quality', value: (r) => r.quality },
  { title: 'why this route', value: (r) => r.reason },
];

const STEP_COLUMNS = [
  { title: 'step', value: (s) => s.step },
  { title: 'requests', value: (s) => String(s.requests), right: true },
  { title: 'tokens', value: (s) => String(s.tokens_in), right: true },
  { title: 'EUR', value: (s) => (s.cost_neur / 1e9).toFixed(7), right: true },
  { title: 'J', value: (s) => (s.energy_uj / 1e6).toFixed(2), right: true },
  { title: 'gCO2e', value: (s) => (s.carbon_ng / 1e9).toFixed(5), right: true },
];

// Lines of the table of what each step spared; a line of it may be negative.
export function steps(spared) {
  return lines(STEP_COLUMNS, [STEP_COLUMNS.map((c) => c.title), ...spared.map((s) => STEP_COLUMNS.map((c) => c.value(s)))]);
}

function lines(columns, cells) {
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  return cells.map((row) => row.map((cell, i) => (columns[i].right ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ').trimEnd());
}

// Lines of the table. `width`: cut the last column there; 0 keeps it whole.
export function table(rows, totals, width = 0) {
  const cells = [COLUMNS.map((c) => c.title), ...rows.map((r) => COLUMNS.map((c) => c.value(r)))];
  cells.push(COLUMNS.map((c) => c.value({ document: 'total', deployment: '', quality: '', reason: '', ...totals })));
  const drawn = lines(COLUMNS, cells);
  const rule = '-'.repeat(Math.max(...drawn.map((line) => line.length)));
  drawn.splice(1, 0, rule);
  drawn.splice(drawn.length - 1, 0, rule);
  return drawn.map((line) => (width > 0 && line.length > width ? `${line.slice(0, width - 1)}…` : line));
}

// A bar that fills as documents come back; on anything but a terminal it prints one mark per document.
export class Progress {
  constructor(label, total, out = process.stdout) {
    Object.assign(this, { label, total, out, done: 0, live: Boolean(out.isTTY) });
    this.out.write(this.live ? this.#bar() : `${label} [`);
  }
  #bar() {
    const filled = Math.round((30 * this.done) / this.total);
    return `\r${this.label} [${'#'.repeat(filled)}${'.'.repeat(30 - filled)}] ${this.done}/${this.total}`;
  }
  step() {
    this.done += 1;
    this.out.write(this.live ? this.#bar() : '#');
  }
  end() {
    this.out.write(this.live ? '\n' : `] ${this.done}/${this.total}\n`);
  }
}
