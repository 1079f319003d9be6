import { createHash } from 'node:crypto';
import { formatQuantity } from '../../figures/format.js';
import { groupsOf } from '../../figures/run-groups.js';
import type { Report } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { scenarioName } from '../scenario-name.js';
import { backendColors } from './backend-colors.js';
import { drillBlocks } from './drill-section.js';
import { firstScreen } from './first-screen.js';
import { latencySection } from './latency-section.js';
import { element, type Markup, type MarkupElement, serialize } from './markup.js';
import { loadTable, outcomeTable } from './outcome-section.js';
import { placementTable, reconciliationTable } from './placement-section.js';
import { scenarioSection } from './scenario-section.js';
import { section } from './section.js';
import { style } from './style.js';
import { inFlightSection, shareOverTimeSection } from './timeline-section.js';
import { verdictBlock } from './verdict-section.js';
import { warningsSection } from './warnings-section.js';

/** Algorithms that get charts of their own; the tables hold all. */
const mostGroups = 12;

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
  const colors = backendColors(shown.map(({ typical }) => typical));
  const sections: readonly Section[] =
    report.runs.length === 0
      ? []
      : [
          ['latency', 'Latency', latencySection(groups, shown, colors)],
          ['share-over-time', 'Share over time', shareOverTimeSection(shown, colors)],
          ['in-flight', 'In flight over time', inFlightSection(shown)],
          ...optional('drill', 'Failover drill', drillBlocks(report.runs)),
          ...optional('placement', 'Placement', [
            placementTable(report.runs),
            reconciliationTable(report.runs),
          ]),
          ['outcomes', 'Status and outcome', [outcomeTable(report.runs), loadTable(report.runs)]],
          ['warnings', 'Warnings', warningsSection(report.runs)],
        ];
  const all = [...sections, ['scenario', 'Scenario', [scenarioSection(report)]] as const];
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
      : `${formatQuantity([...counts].toSorted((a, b) => a - b)[0] ?? 0, 'request')} and more`;
  return [
    time,
    sanitize(first.balancer, 120),
    `${sanitize(first.engine, 60)} engine`,
    `${formatQuantity(runs.length, 'run')} of ${requests}`,
  ].join(' · ');
}
