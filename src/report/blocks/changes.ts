import { basename } from 'node:path';
import { figureNamed } from '../../figures/catalogue.js';
import { formatDeviation } from '../../figures/format.js';
import { units } from '../../figures/units.js';
import type { Change, ComparedMetric, Comparison, Estimate, Finding } from '../../model/comparison.js';
import { sanitize } from '../../text/sanitize.js';
import { columnsOver, type Mood, name, type Said, type Table } from './block.js';

/** What a comparison's figure is called, for all of its formats. */
function headOf(metric: ComparedMetric): string {
  const { head, unit } = figureNamed(metric);
  return `${head}${units[unit].headSuffix}`;
}

/** How a run's figures changed: the baseline's column first, then each other report with what became of it. */
export function changeTable(changes: readonly Change[], files: readonly string[]): Table {
  const { text, figure } = columnsOver(changes);
  const heads = shortNames(files);
  const estimates = files.map((file, index) =>
    figure(
      name(file, { short: heads[index] }),
      ({ metric, estimates }) => estimateText(metric, estimates[index]),
      { isRepeated: index === 0 },
    ),
  );
  const found = (index: number) => {
    const of =
      (said: (finding: Finding) => Said) =>
      ({ findings }: Change): Said => {
        const finding = findings[index];
        return finding === undefined ? '' : said(finding);
      };
    return [
      figure('change', of(changeText), { isJoined: true, only: ['terminal'] }),
      text('', of(findingSaid), { isJoined: true, only: ['terminal'] }),
      figure('change', of(signedFinding), { only: ['markdown'] }),
    ];
  };
  return {
    kind: 'table',
    columns: [
      text('', ({ metric }) => headOf(metric)),
      ...estimates.flatMap((column, index) => (index === 0 ? [column] : [column, ...found(index - 1)])),
    ],
    isWhole: true,
  };
}

/** File names without their folders where that tells them apart. */
function shortNames(files: readonly string[]): string[] {
  const short = files.map((file) => basename(file));
  const names = new Set(short).size === short.length ? short : files;
  return names.map((name) => shortened(sanitize(name, 200)));
}

/** The end of a path says more than its start. */
function shortened(name: string): string {
  const characters = [...name];
  return characters.length <= 24 ? name : `…${characters.slice(-23).join('')}`;
}

const moods: Readonly<Record<Finding['verdict'], Mood>> = {
  better: 'good',
  worse: 'bad',
  'no-evidence': 'quiet',
  'no-data': 'quiet',
};

function findingSaid(finding: Finding): Said {
  return { text: findingWord(finding), mood: moods[finding.verdict] };
}

const signs: Readonly<Record<Finding['verdict'], string>> = {
  better: '🟢 ',
  worse: '🔴 ',
  'no-evidence': '',
  'no-data': '',
};

function signedFinding(finding: Finding): string {
  return [changeText(finding), `${signs[finding.verdict]}${findingWord(finding)}`].filter(Boolean).join(' ');
}

const findingWords: Readonly<Record<Finding['verdict'], string>> = {
  better: 'better',
  worse: 'worse',
  'no-evidence': 'no evidence',
  'no-data': 'no data',
};

const notJudged = 'not judged';

/** One run each says nothing about the next run, and the word must not sound as if it did. */
function findingWord({ verdict, basis }: Finding): string {
  if (verdict === 'no-evidence' && basis !== 'rounds') return notJudged;
  const proven = verdict === 'better' || verdict === 'worse';
  return `${findingWords[verdict]}${proven && basis === 'requests' ? ' in these runs' : ''}`;
}

function estimateText(metric: ComparedMetric, estimate: Estimate | undefined): string {
  return units[figureNamed(metric).unit].bare(estimate?.value);
}

/** `+4.2 %`; nothing where there is no ratio to speak of. */
function changeText({ change }: Finding): string {
  return change === undefined ? '' : formatDeviation(change);
}

/** The changes of one run together, in their order. */
export function changesByRun(changes: readonly Change[]): (readonly [run: string, changes: Change[]])[] {
  return [...new Set(changes.map(({ run }) => run))].map((run) => [
    run,
    changes.filter((change) => change.run === run),
  ]);
}

/** What the words of a comparison rest on, each as a sentence. */
export function evidenceText({ changes }: Comparison): string {
  const found = changes.flatMap(({ findings }) => findings);
  const bases = new Set(found.map(({ basis }) => basis));
  const isUnjudged = found.some((finding) => findingWord(finding) === notJudged);
  return [
    'Better and worse stand where chance would show such a change less than 1 time in 100.',
    ...(bases.has('rounds') ? ['They are judged by the rounds of both sides.'] : []),
    ...(bases.has('requests')
      ? ['In these runs: judged by the requests of one run each, which does not see how runs differ.']
      : []),
    ...(isUnjudged || !bases.has('rounds')
      ? [
          'Not judged: too few runs to tell a change from how runs differ; repeat: 3 or more on both sides tells.',
        ]
      : []),
  ].join(' ');
}
