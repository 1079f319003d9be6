import { formatResult, ruleText } from '../figures/catalogue.js';
import type { Report, RunReport, ThresholdResult } from '../model/report.js';
import { sanitize } from '../text/sanitize.js';
import { scenarioName } from './blocks/heading.js';

/**
 * JUnit XML for the test views of CI systems: each run is a suite, each threshold on it a test. A broken rule is a failure.
 * `no-data` and `inconclusive` are errors, as they are to the exit code: the gate could not do its work, which must not
 * look green, but nothing was proven either. A run that was interrupted has one more test, which is such an error: what its
 * thresholds passed on is only a part of it.
 */
export function junit(report: Report): string {
  const suites = suitesOf(report);
  const name = scenarioName(report) ?? 'lbbench';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...totals(suites) })}>`,
    ...suites.flatMap(({ name, run, results }) => [
      `  <testsuite${attributes({
        name,
        ...totals([{ run, results }]),
        skipped: 0,
        time: ((run?.load.durationMs ?? 0) / 1000).toFixed(3),
        timestamp: report.startedAt.replace(/(\.\d+)?Z$/, ''),
      })}>`,
      ...results.flatMap((result) => testCase(result, name)),
      ...(run?.interrupted === true ? interruptedCase(name) : []),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Suite {
  readonly name: string;
  /** `undefined` for thresholds on a run that does not exist. */
  readonly run: RunReport | undefined;
  readonly results: readonly ThresholdResult[];
}

function suitesOf({ runs, thresholds }: Report): Suite[] {
  const names = new Set([...runs.map(({ name }) => name), ...thresholds.map(({ run }) => run)]);
  return [...names].map((name) => ({
    name,
    run: runs.find((run) => run.name === name),
    results: thresholds.filter(({ run }) => run === name),
  }));
}

function totals(suites: readonly Pick<Suite, 'run' | 'results'>[]) {
  const results = suites.flatMap((suite) => suite.results);
  const interrupted = suites.filter(({ run }) => run?.interrupted === true).length;
  const failures = results.filter(({ verdict }) => verdict === 'fail').length;
  const undecided = results.filter(
    ({ verdict }) => verdict === 'no-data' || verdict === 'inconclusive',
  ).length;
  return { tests: results.length + interrupted, failures, errors: undecided + interrupted };
}

function interruptedCase(suite: string): string[] {
  const message = 'the run was interrupted: the thresholds were judged on the part that was measured';
  return [
    `    <testcase${attributes({ name: 'ran to its end', classname: suite })}>`,
    `      <error${attributes({ type: 'interrupted', message })}/>`,
    '    </testcase>',
  ];
}

function testCase(result: ThresholdResult, suite: string): string[] {
  const { verdict, note } = result;
  const head = `    <testcase${attributes({ name: ruleText(result), classname: suite })}`;
  if (verdict === 'pass') return [`${head}/>`];
  const element = verdict === 'fail' ? 'failure' : 'error';
  const message = `${formatResult(result)}${note === undefined ? '' : `: ${note}`}`;
  return [`${head}>`, `      <${element}${attributes({ type: verdict, message })}/>`, '    </testcase>'];
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Control characters, which XML 1.0 cannot hold even as entities, are gone after `sanitize`; so are the two non-characters. */
function escaped(text: string): string {
  return sanitize(text, 500)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
