import { describe, expect, it } from 'vitest';
import { causeOf, parseGuard, topCauses } from '../src/derive/guard';
import { cacheHit } from '../src/derive/request';

// The words of in_words() and explain() in src/guard/decide.cc.
const note = [
  'block by policy built-in + claims',
  'tier 1: injection, rule override.ignore: asks to forget what it was told -> block',
  'tier 2: jailbreak, score 0.981 at or over 0.900 (normal) -> block',
  'tier 3: unsafe (S9), score 0.700 at or over 0.500 (the lower one of strict and 0.7): the judge: it asks for a weapon -> flag',
  'evidence: rule chat-token: a token of a chat template',
  'answer: system prompt (leak) -> block; IBAN -> redact',
];

describe('what the guard wrote', () => {
  const parsed = parseGuard(note);
  it('has a verdict and its policy', () => {
    expect([parsed.verdict, parsed.policy]).toEqual(['block', 'built-in + claims']);
  });
  it('has a check each: tier, risk, rule or score and threshold, verdict', () => {
    expect(parsed.checks).toEqual([
      {
        tier: 1,
        risk: 'injection',
        rule: 'override.ignore',
        score: null,
        threshold: null,
        level: null,
        says: 'asks to forget what it was told',
        verdict: 'block',
      },
      {
        tier: 2,
        risk: 'jailbreak',
        rule: null,
        score: 0.981,
        threshold: 0.9,
        level: 'normal',
        says: '',
        verdict: 'block',
      },
      {
        tier: 3,
        risk: 'unsafe (S9)',
        rule: null,
        score: 0.7,
        threshold: 0.5,
        level: 'the lower one of strict and 0.7',
        says: 'the judge: it asks for a weapon',
        verdict: 'flag',
      },
    ]);
  });
  it('has evidence, and what stood in the answer', () => {
    expect(parsed.evidence).toEqual([{ rule: 'chat-token', says: 'a token of a chat template' }]);
    expect(parsed.answer).toEqual(['system prompt (leak) -> block', 'IBAN -> redact']);
  });
  it('keeps a line of another shape as it is', () => {
    expect(parseGuard(['doubtful, to be judged: unsafe']).other).toEqual(['doubtful, to be judged: unsafe']);
  });
});

describe('a record that was cut off', () => {
  it('says so: a sentence of a record has 256 bytes', () => {
    expect(parseGuard(['block by policy p', 'tier 2: extraction,']).other).toEqual([
      'tier 2: extraction, … (the record ends here)',
    ]);
  });
});

describe('a cause', () => {
  it('is what decided', () => {
    expect(causeOf(note.map((l, i) => (i ? `- ${l}` : l)).join('\n'))).toBe('injection: rule override.ignore');
  });
  it('is read from a line that the log cut off', () => {
    expect(causeOf('block by policy built-in\n- tier 1: injection, rule override.ignore: asks to for')).toBe(
      'injection: rule override.ignore',
    );
    expect(causeOf('(not said)')).toBe('(not said)');
  });
  it('counts those that read alike together, the most first', () => {
    const rules = [
      { rule: 'block by policy p\n- tier 2: unsafe, score 0.910 at or over 0.900 (normal) -> block', count: 2 },
      { rule: 'block by policy p\n- tier 1: injection, rule a: x -> block', count: 3 },
      { rule: 'block by policy p\n- tier 2: unsafe, score 0.950 at or over 0.900 (normal) -> block', count: 2 },
    ];
    expect(topCauses(rules).map((c) => [c.name, c.count])).toEqual([
      ['unsafe: classifier and data', 4],
      ['injection: rule a', 3],
    ]);
  });
});

describe('an answer that was known', () => {
  it('says whose it was and how old', () => {
    expect(
      cacheHit('cache.exact: the answer of fr-4090 to req_01M8JGWZHBX01VKD9RHTT28NHN, 12 s old; guard: flag'),
    ).toEqual({
      step: 'cache.exact',
      deployment: 'fr-4090',
      request: 'req_01M8JGWZHBX01VKD9RHTT28NHN',
      age: 12,
    });
    expect(cacheHit('fr-4090: score 1.00 of 2, by score')).toBeNull();
  });
});
