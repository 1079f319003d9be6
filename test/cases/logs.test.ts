import type { EscapeMode } from '../../src/nginx/log-format.js';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FormatChoice } from '../../src/accesslog/choose-format.js';
import { readLog } from '../../src/accesslog/read-log.js';

/** Logs that real nginx wrote, each with what its backends, its error log and its client counted beside it. */
const folder = join(process.env.LBBENCH_CASES ?? join(import.meta.dirname, '../cases'), 'logs');

interface Sidecar {
  readonly log: string;
  readonly description: string;
  readonly log_format: string;
  readonly escape: EscapeMode;
  readonly expected: {
    readonly records: number;
    readonly physical_lines: number;
    readonly attempts: Readonly<Record<string, number>>;
    readonly no_live_upstreams: number;
    readonly served_final?: Readonly<Record<string, number>>;
  };
}

const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Sidecar);

describe.each(cases)('$log: $description', ({ log, log_format, escape: mode, expected }) => {
  const path = join(folder, log);
  const told: FormatChoice = { text: log_format, escape: mode };

  it('has as many records and lines as its sidecar says, and none that cannot be read', async () => {
    const result = await readLog({ paths: [path], format: told });
    expect(result.unmatched).toEqual({ count: 0, first: [] });
    expect(result.records).toBe(expected.records);
    expect(result.physicalLines).toBe(expected.physical_lines);
    expect(result.tally.responses).toBe(expected.records);
  });

  it('names every attempt, or says that the format cannot', async () => {
    const { attempts, noLiveUpstreams, tally } = await readLog({ paths: [path], format: told });
    if (!log_format.includes('$upstream_addr')) {
      expect(attempts).toBeUndefined();
      expect(noLiveUpstreams).toBeUndefined();
      expect(tally.cells[0]?.count).toBe(expected.records);
      return;
    }
    expect(Object.fromEntries(attempts ?? [])).toEqual(expected.attempts);
    expect(noLiveUpstreams).toBe(expected.no_live_upstreams);
  });

  it('tells what the backends really served, where the format carries $upstream_status', async () => {
    const { servedFinal } = await readLog({ paths: [path], format: told });
    if (log_format.includes('$upstream_addr') && log_format.includes('$upstream_status')) {
      expect(Object.fromEntries(servedFinal ?? [])).toEqual(expected.served_final);
    } else {
      expect(servedFinal).toBeUndefined();
    }
  });
});

describe('the recorded logs', () => {
  // Combined, the article's first format and JSON; nothing tells the order of 13's columns.
  const recognisable = /^(?:01|02|04|06|08|09|18)_/;
  it.each(cases.filter(({ log }) => recognisable.test(log)))('$log is recognised without being told the format, and read alike', async ({
    log,
    log_format,
    escape: mode,
  }) => {
    const path = join(folder, log);
    const recognised = await readLog({ paths: [path] });
    const told = await readLog({ paths: [path], format: { text: log_format, escape: mode } });
    expect(recognised.attempts).toEqual(told.attempts);
    expect(recognised.records).toBe(told.records);
    expect(recognised.servedFinal).toEqual(told.servedFinal);
    expect(recognised.tally.statusCounts()).toEqual(told.tally.statusCounts());
  });
});
