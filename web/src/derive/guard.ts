// What the guard wrote into a record or the audit log, in parts. The words are those of explain() in src/guard/decide.cc
// and of the guard of answers; a line of another shape stays as it is.
import { quoted } from '../format/shell';
import { counted, type Derivation } from './derivation';

export interface GuardCheck {
  tier: number;
  risk: string; // "injection", "unsafe (S9)"
  rule: string | null;
  score: number | null; // 0..1, of the classifier
  threshold: number | null;
  level: string | null; // whose threshold: "normal", "0.7"
  says: string;
  verdict: string; // allow, flag, redact, block
}

export interface GuardNote {
  verdict: string | null; // the strictest, of the request
  policy: string | null;
  checks: GuardCheck[];
  evidence: { rule: string; says: string }[]; // rules that hit and decide nothing by themselves
  answer: string[]; // found in the answer
  other: string[];
}

const tiers: Record<number, string> = { 1: 'Rules', 2: 'Classifier and data', 3: 'Judge' };
export const tierName = (tier: number): string => tiers[tier] ?? `Tier ${tier}`;

function checkOf(line: string): GuardCheck | null {
  const found =
    /^tier (\d): ([^,:]+?)(?:, rule ([^:]+?)|, score ([\d.]+) at or over ([\d.]+) \((.+?)\))?(?:: (.*))? -> (\w+)$/.exec(
      line,
    );
  if (!found) return null;
  const [, tier, risk, rule, score, threshold, level, says, verdict] = found;
  return {
    tier: Number(tier),
    risk: risk!,
    rule: rule ?? null,
    score: score == null ? null : Number(score),
    threshold: threshold == null ? null : Number(threshold),
    level: level ?? null,
    says: says ?? '',
    verdict: verdict!,
  };
}

export function parseGuard(lines: readonly string[]): GuardNote {
  const note: GuardNote = { verdict: null, policy: null, checks: [], evidence: [], answer: [], other: [] };
  for (const raw of lines) {
    const line = raw.replace(/^- /, '').trim();
    const head = /^(allow|flag|redact|block) by policy (.+)$/.exec(line);
    const evidence = /^evidence: rule ([^:]+): (.*)$/.exec(line);
    const check = checkOf(line);
    if (head) [note.verdict, note.policy] = [head[1]!, head[2]!];
    else if (check) note.checks.push(check);
    else if (evidence) note.evidence.push({ rule: evidence[1]!, says: evidence[2]! });
    else if (line.startsWith('answer: ')) note.answer.push(...line.slice(8).split('; '));
    else if (line.startsWith('tier ')) note.other.push(`${line} … (the record ends here)`);
    else if (line !== '') note.other.push(line);
  }
  return note;
}

// One cause in a few words, for lists: what decided, or the text as far as it goes where the log cut it.
export function causeOf(why: string): string {
  const lines = why.split('\n');
  const { checks, answer } = parseGuard(lines);
  const first = checks[0];
  if (first) return `${first.risk}: ${first.rule ? `rule ${first.rule}` : tierName(first.tier).toLowerCase()}`;
  if (answer.length > 0) return `answer: ${answer[0]}`;
  const cut = /^- tier \d: ([^,:]+), (rule [^\s:,]+|score)/.exec(lines[1] ?? '');
  return cut ? `${cut[1]}: ${cut[2] === 'score' ? 'classifier and data' : cut[2]}` : lines[0]!;
}

// Causes that read alike, summed, the most first.
export function topCauses(
  rules: readonly { rule: string; count: number }[],
): { name: string; count: number; rules: string[] }[] {
  const causes = new Map<string, { name: string; count: number; rules: string[] }>();
  for (const r of rules) {
    const name = causeOf(r.rule);
    const cause = causes.get(name) ?? { name, count: 0, rules: [] };
    cause.count += r.count;
    cause.rules.push(r.rule);
    causes.set(name, cause);
  }
  return [...causes.values()].sort((a, b) => b.count - a.count);
}

export function checkDerivation(c: GuardCheck, id: string): Derivation {
  return counted(
    `${tierName(c.tier)}: ${c.risk}`,
    c.score == null ? c.verdict : c.score.toFixed(3),
    c.score == null
      ? 'Found as such, without a score: it either is there or not.'
      : 'The classifier’s score of this risk, calibrated on everyday prompts: 0.5 is what one in a hundred reaches, 0.9 one in a thousand.',
    {
      ...(c.threshold == null ? {} : { formula: [`score ≥ ${c.threshold.toFixed(3)} → ${c.verdict}`] }),
      inputs: [
        ...(c.rule ? [{ name: 'Rule', value: c.rule }] : []),
        ...(c.threshold == null
          ? []
          : [{ name: 'Threshold', value: c.threshold.toFixed(3), note: `${c.level ?? ''}, of the policy` }]),
        { name: 'Verdict', value: c.verdict },
        ...(c.says ? [{ name: 'What it says', value: c.says }] : []),
      ],
      command: `trine explain -c trine.yaml ${quoted(id)}`,
      docs: ['docs/guard.md', c.tier === 1 ? 'docs/guard-rules.md' : 'docs/guard-model.md', 'docs/guard-policy.md'],
    },
  );
}
