import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LiveDeployment, Row } from '../src/api/types';
import { idleOf } from '../src/derive/deployment';
import { requestsOf } from '../src/derive/row';
import { option, quoted } from '../src/format/shell';
import { setParams } from '../src/state/url';

describe('a word of a command', () => {
  it.each(['claims-intake', 'a100.fr_1', '24h', '2026-11-01T00:00:00.000Z', 'user@example.com', 'a/b=c+d%e,f:g'])(
    'stays as it is where no shell reads more in it: %s',
    (text) => {
      expect(quoted(text)).toBe(text);
    },
  );
  it.each([
    ['x;curl evil|sh', "'x;curl evil|sh'"],
    ['$(id)`id`', "'$(id)`id`'"],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ["'; id; '", "''\\''; id; '\\'''"],
    ['~', "'~'"],
    ['#', "'#'"],
    ['é', "'é'"],
    ['', "''"],
  ])('is quoted else: %s', (text, word) => {
    expect(quoted(text)).toBe(word);
  });
  it('has no character that acts on a terminal', () => {
    expect(quoted('a\u0003\u001b[201~id\r\n\u009b')).toBe("'a??[201~id???'");
  });
  it('is no option where it looks like one', () => {
    expect(option('workload', '-x')).toBe('--workload=-x');
    expect(option('workload', '--help; id')).toBe("--workload='--help; id'");
  });
});

describe('the command of a figure', () => {
  afterEach(() => {
    setParams({ workload: null, since: null, until: null }, true);
    vi.unstubAllGlobals();
  });
  const command = (): string | undefined => {
    const row = { requests: 1, calls: 1, outcomes: {} } as unknown as Row;
    return requestsOf(row, { what: 'all requests', by: 'key' }).command;
  };
  it('has the names of clients as one word each', () => {
    vi.stubGlobal('window', { history: { replaceState: () => {} } });
    setParams({ workload: 'x;curl evil|sh' }, true);
    expect(command()).toBe("trine report -c trine.yaml --since=24h --by key --workload='x;curl evil|sh'");
    setParams({ workload: '-v' }, true);
    expect(command()).toBe('trine report -c trine.yaml --since=24h --by key --workload=-v');
  });
  it('has the time of the address as one word', () => {
    vi.stubGlobal('window', { history: { replaceState: () => {} } });
    const since = '2026-11-01 (;id)',
      until = '2026-11-02 ($(id))';
    expect(Date.parse(since)).toBeLessThan(Date.parse(until)); // engines take such a time
    setParams({ since, until }, true);
    expect(command()).toBe(`trine report -c trine.yaml --since='${since}' --until='${until}' --by key`);
  });
  it('has a deployment’s name as one word', () => {
    const d = { name: 'a b' } as unknown as LiveDeployment;
    expect(idleOf(d).command).toBe("trine report -c trine.yaml --since 24h --by deployment --deployment='a b'");
  });
});
