import { describe, expect, it } from 'vitest';
import { abGnuplot } from '../../../src/report/ab/gnuplot.js';
import { abCsv } from '../../../src/report/ab/percentages.js';
import { abDone, abProgress, abStart } from '../../../src/report/ab/progress.js';
import { abReport } from '../../../src/report/ab/report.js';
import { captures, displayOf, figuresOf, samplesOf, targetOf } from './capture.js';

process.env.TZ = 'UTC';

/** ab's stdout after its own banner, whose first line and licence we do not claim. */
function afterBanner(stdout: string): string {
  const end = /^(?:This is .*\n.*\n.*\n\n|<p>\n(?:.*<br>\n){3}<\/p>\n<p>\n)/.exec(stdout)?.[0];
  if (end === undefined) throw new Error('expected a banner of ab');
  return stdout.slice(end.length);
}

describe.each(captures)('like the real ab: $name', (captured) => {
  const figures = figuresOf(captured, true);
  const display = displayOf(captured, true);
  const ended = captured.counts.complete;

  it('prints the same report from the same microseconds', () => {
    const text = abStart(targetOf(captured), display) + abDone(ended, display).stdout;
    expect(text + abReport(figures, display)).toBe(afterBanner(captured.stdout));
  });

  it('prints the same progress', () => {
    const every = display.progressEvery;
    const count = every === undefined ? 0 : Math.floor(ended / every);
    const lines = Array.from({ length: count }, (_, index) => abProgress((index + 1) * (every ?? 0)));
    expect(lines.join('') + abDone(ended, display).stderr).toBe(captured.stderr);
  });

  it('keeps every line of it but times and percentages when the faults of ab are not copied', () => {
    const ours = abReport(figuresOf(captured, false), displayOf(captured, false)).split('\n');
    const theirs = abReport(figures, display).split('\n');
    const stable = (lines: readonly string[]) =>
      lines.filter(
        (line) =>
          !/^(Connect|Processing|Waiting|Total): |^ +\d+% |^(ERROR|WARNING| {2})|Processing:<|\(Connect/.test(
            line,
          ),
      );
    expect(stable(ours)).toEqual(stable(theirs));
  });
});

// ab writes neither file with -w.
describe.each(captures.filter(({ csv }) => csv !== ''))('files like the real ab: $name', (captured) => {
  it('writes the same -e file, but for the rows where ab reads past its samples', () => {
    const { times } = figuresOf(captured, true);
    if (times === undefined) throw new Error('expected times');
    // ab takes element floor(0.5 + n * p / 100) of n for row p; line 0 is the head, so row p is line p + 1.
    const count = captured.counts.complete;
    const readable = (_: string, line: number) =>
      line <= 1 || line >= 101 || Math.floor(0.5 + (count * (line - 1)) / 100) < count;
    const theirs = captured.csv.split('\n').filter(readable);
    expect(abCsv(times, true).split('\n').filter(readable)).toEqual(theirs);
    expect(theirs.length).toBeGreaterThan(50);
  });

  it('writes the same -g file', () => {
    expect(abGnuplot(samplesOf(captured), true)).toBe(captured.tsv);
  });
});
