import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { Report, RunReport } from '../../model/report.js';
import { adviceText } from '../advice-text.js';
import { formatQuantity } from '../format.js';
import { groupsOf, type RunGroup } from '../rounds.js';
import { weightsUnknown } from '../run-figures.js';
import { sanitize } from '../sanitize.js';
import { scenarioName } from '../scenario-name.js';
import { compareTable, titleOf } from './compare-section.js';
import { drillBlocks } from './drill-section.js';
import { latencyFigure } from './latency-charts.js';
import { element, type Markup, type MarkupElement, serialize } from './markup.js';
import { clockTable, loadTable, outcomeTable } from './outcome-section.js';
import { placementTable, reconciliationTable } from './placement-section.js';
import { shareFigure } from './share-charts.js';
import { style } from './style.js';
import { type TimeBin, timelineBins } from './timeline-bins.js';
import { heatLegend, inFlightOverTime, shareOverTime } from './timeline-charts.js';
import { verdictBlock } from './verdict-section.js';

/** Algorithms that get charts of their own; the tables hold all. */
const mostGroups = 12;
/** Cells of all heat maps together: they are what makes a page large. */
const mostHeatCells = 900;
const mostScenarioCharacters = 40_000;

/**
 * The report as one HTML file that fetches nothing and runs nothing: its policy forbids scripts and all
 * sources, and allows the one style sheet by its hash. Of several rounds of an algorithm the charts show the typical one.
 */
export function html(report: Report): string {
  const name = sanitize(scenarioName(report) ?? 'unnamed scenario', 100);
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('meta', { name: 'referrer', content: 'no-referrer' }),
    element('title', {}, `${name} – lbbench`),
  );
  const page = serialize(element('html', { lang: 'en' }, head, body(report, name)));
  // The sheet is ours and must not be escaped: its hash would no longer fit.
  const styled = page.replace('</head>', () => `<style>${style}</style></head>`);
  return `<!doctype html>\n${styled}\n`;
}

function body(report: Report, name: string): MarkupElement {
  const groups = groupsOf(report.runs);
  const shown = groups.slice(0, mostGroups);
  const sections: readonly Section[] =
    report.runs.length === 0
      ? []
      : [
          ['latency', 'Latency', latency(groups, shown)],
          ['share-over-time', 'Share over time', shareTimeline(shown)],
          ['in-flight', 'In flight over time', inFlightTimeline(shown)],
          ...optional('drill', 'Failover drill', drillBlocks(report.runs)),
          ...optional('placement', 'Placement', [
            placementTable(report.runs),
            reconciliationTable(report.runs),
          ]),
          ['outcomes', 'Status and outcome', [outcomeTable(report.runs), loadTable(report.runs)]],
          ['warnings', 'Warnings', warnings(report.runs)],
        ];
  const all = [...sections, ['scenario', 'Scenario', [scenario(report)]] as const];
  return element(
    'body',
    {},
    element(
      'header',
      {},
      element('h1', {}, name),
      element('p', { class: 'facts' }, facts(report)),
      ...verdictBlock(report),
      element(
        'nav',
        { 'aria-label': 'Sections' },
        element(
          'ul',
          {},
          all.map(([id, title]) => element('li', {}, element('a', { href: `#${id}` }, title))),
        ),
      ),
    ),
    element(
      'main',
      {},
      element(
        'div',
        { class: 'first' },
        ...(groups.length === 0 ? [noRun] : firstScreen(report, groups, shown)),
      ),
      all.map(([id, title, content]) => section(id, title, content)),
    ),
    element(
      'footer',
      {},
      `lbbench ${sanitize(report.tool.version, 20)} on Node ${sanitize(report.tool.node, 20)}, ${sanitize(report.tool.platform, 40)}. Seed ${report.seed}.`,
    ),
  );
}

const noRun = element('p', {}, 'No run was finished.');

type Section = readonly [id: string, title: string, content: readonly (Markup | undefined)[]];

/** A section that is left out where it has nothing to say. */
function optional(id: string, title: string, content: readonly (Markup | undefined)[]): Section[] {
  return content.some((one) => one !== undefined) ? [[id, title, content]] : [];
}

function section(id: string, title: string, content: readonly (Markup | undefined)[]): MarkupElement {
  return element(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    content,
  );
}

/** `2026-11-22 10:42:46 UTC · nginx 1.22.1 · native engine · 4 runs of 4,000 requests`. */
function facts({ startedAt, runs }: Report): string {
  const time = sanitize(startedAt, 30).replace(
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/,
    '$1 $2 UTC',
  );
  const [first] = runs;
  if (first === undefined) return time;
  const counts = new Set(runs.map(({ outcomes }) => outcomes.started));
  const requests =
    counts.size === 1
      ? formatQuantity(first.outcomes.started, 'request')
      : `${formatQuantity(Math.min(...counts), 'request')} and more`;
  return [
    time,
    sanitize(first.balancer, 60),
    `${sanitize(first.engine, 60)} engine`,
    `${formatQuantity(runs.length, 'run')} of ${requests}`,
  ].join(' · ');
}

function firstScreen(
  { advice }: Report,
  groups: readonly RunGroup[],
  shown: readonly RunGroup[],
): MarkupElement[] {
  const runs = shown.map(({ typical }) => typical);
  const shares = runs.flatMap(({ backends }) =>
    backends.flatMap(({ share, expectedShare }) => [share ?? 0, expectedShare ?? 0]),
  );
  const scale = Math.max(0.01, ...shares);
  const unknown = runs.some((run) => run.backends.length > 0 && weightsUnknown(run));
  return [
    section('side-by-side', groups.length > 1 ? 'Side by side' : 'The run', [
      compareTable(groups),
      advice === undefined
        ? undefined
        : element('p', { class: 'advice' }, element('strong', {}, 'Advice: '), adviceText(advice)),
    ]),
    section('shares', 'Share against expected', [
      element(
        'p',
        { class: 'note' },
        `The mark is the expected share${unknown ? '; no weights are known, so it is the same for all' : ''}. Orange is further off than chance explains.`,
      ),
      element(
        'div',
        { class: 'grid' },
        shown.map((group) => shareFigure(group.typical, titleOf(group), scale)),
      ),
    ]),
  ];
}

function latency(groups: readonly RunGroup[], shown: readonly RunGroup[]): MarkupElement[] {
  const runs = shown.map(({ typical }) => typical);
  const open = runs.some(({ load }) => load.model === 'open');
  const longest = (times: readonly (number | undefined)[]) => Math.max(0.001, ...times.map((ms) => ms ?? 0));
  const ofRuns = longest(runs.flatMap(({ responseMs, serviceMs }) => [responseMs.max, serviceMs.max]));
  const ofBackends = longest(runs.flatMap(({ backends }) => backends.map(({ serviceMs }) => serviceMs.max)));
  const series = (figure: 'responseMs' | 'serviceMs') =>
    shown.map((group) => ({ name: titleOf(group), times: group.typical[figure] }));
  const attributed = shown.filter(({ typical }) => typical.backends.length > 0);
  return [
    element(
      'p',
      { class: 'note' },
      open
        ? 'Response time counts from when a request was due, service time from when it started. The axis stretches the tail: each further nine takes the same room.'
        : 'The load is closed, so response and service time are the same: start to last byte. The axis stretches the tail: each further nine takes the same room.',
    ),
    ...(open
      ? [
          element(
            'div',
            { class: 'grid' },
            latencyFigure('half', 'Response time by percentile', series('responseMs'), ofRuns),
            latencyFigure('half', 'Service time by percentile', series('serviceMs'), ofRuns),
          ),
        ]
      : [
          element(
            'div',
            { class: 'whole' },
            latencyFigure('whole', 'Response time by percentile', series('responseMs'), ofRuns),
          ),
        ]),
    ...(attributed.length === 0
      ? []
      : [
          element(
            'div',
            { class: 'grid' },
            element('h3', {}, 'Service time by percentile and backend'),
            attributed.map((group) =>
              latencyFigure(
                'half',
                titleOf(group),
                group.typical.backends.map(({ address, serviceMs }) => ({
                  name: sanitize(address, 40),
                  times: serviceMs,
                })),
                ofBackends,
              ),
            ),
          ),
        ]),
    clockTable(groups.flatMap(({ runs }) => runs)),
  ];
}

function binsOf(shown: readonly RunGroup[]): (readonly [RunGroup, TimeBin[]])[] {
  const rows = shown.reduce((sum, { typical }) => sum + Math.min(16, typical.backends.length), 0);
  const most = Math.max(16, Math.min(60, Math.floor(mostHeatCells / Math.max(1, rows))));
  return shown.map((group) => [group, timelineBins(group.typical, most)]);
}

function shareTimeline(shown: readonly RunGroup[]): MarkupElement[] {
  return [
    element(
      'p',
      { class: 'note' },
      `Dashed lines divide the whole as the weights would.${shown.some(({ typical }) => (typical.failover?.events.length ?? 0) > 0) ? ' Upright lines: a backend was made to fail, or brought back.' : ''}`,
    ),
    element(
      'div',
      { class: 'grid' },
      binsOf(shown).map(([group, bins]) => shareOverTime(group.typical, titleOf(group), bins)),
    ),
  ];
}

function inFlightTimeline(shown: readonly RunGroup[]): MarkupElement[] {
  const binned = binsOf(shown);
  const scale = Math.max(0, ...binned.flatMap(([, bins]) => bins.flatMap(({ inFlight }) => inFlight)));
  return [
    heatLegend(scale),
    element(
      'div',
      { class: 'grid' },
      binned.map(([group, bins]) => inFlightOverTime(group.typical, titleOf(group), bins, scale)),
    ),
  ];
}

function warnings(runs: readonly RunReport[]): MarkupElement[] {
  const all = runs.flatMap(({ name, warnings }) => warnings.map((warning) => ({ name, ...warning })));
  if (all.length === 0) return [element('p', {}, 'None.')];
  return [
    element(
      'ul',
      { class: 'warnings' },
      all
        .slice(0, 200)
        .map(({ name, code, text }) =>
          element(
            'li',
            {},
            element('code', {}, sanitize(code, 40)),
            `${sanitize(name, 60)}: ${sanitize(text, 1000)}`,
          ),
        ),
    ),
  ];
}

/** The resolved scenario as YAML, without what is not set. */
function scenario({ scenario }: Report): MarkupElement {
  const text = stringify(withoutNulls(scenario) ?? {}, { lineWidth: 100, aliasDuplicateObjects: false });
  const cut =
    text.length > mostScenarioCharacters
      ? `${text.slice(0, mostScenarioCharacters)}\n… the rest is in the JSON report`
      : text;
  return element(
    'pre',
    { tabindex: 0 },
    cut
      .split('\n')
      .map((line) => sanitize(line, 4000))
      .join('\n'),
  );
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}
