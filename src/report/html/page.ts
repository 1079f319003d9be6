import { stringify } from 'yaml';
import { aimOf } from '../../figures/aim.js';
import { weightsUnknown } from '../../figures/counts.js';
import { formatQuantity } from '../../figures/format.js';
import { groupsOf, type RunGroup } from '../../figures/run-groups.js';
import type { Report, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { reportTitle, startText } from '../blocks/heading.js';
import { outageFacts, outageTable, outageTitle } from '../blocks/outage.js';
import { adviceText, sideBySideOnPage, successesDiffer, titleOf } from '../blocks/side-by-side.js';
import { stageTable } from '../blocks/stages.js';
import { factList, tableElement, warningList } from '../render/html.js';
import { element, type Markup, type MarkupElement } from '../render/markup.js';
import { backendColors } from './backend-colors.js';
import { gridFor } from './chart.js';
import { documentOf } from './document.js';
import { inFlightSection } from './in-flight-heat.js';
import { latencySection } from './latency.js';
import { shareFigure } from './share-charts.js';
import { shareOverTimeSection } from './share-over-time.js';
import { streamBlocks, tokensOverTime } from './streams.js';
import { checkTable, loadTable, outcomeTable, placementTable, reconciliationTable } from './tables.js';
import { verdictBlock } from './verdict-section.js';

/** Algorithms that get charts of their own; the tables hold all. */
const mostGroups = 12;

/**
 * The report as one HTML file that fetches nothing and runs nothing. Of several rounds of an algorithm the charts show the
 * typical one.
 *
 * @param refreshSec how often whoever looks at it reads it anew, for a report that grows
 */
export function html(report: Report, refreshSec?: number | undefined): string {
  const name = reportTitle(report);
  return documentOf(name, body(report, name), refreshSec);
}

function body(report: Report, name: string): MarkupElement {
  const groups = groupsOf(report.runs);
  const shown = groups.slice(0, mostGroups);
  const colors = backendColors(shown.map(({ typical }) => typical));
  const stages = stageTable(report.runs);
  const sections: readonly Section[] =
    report.runs.length === 0
      ? []
      : [
          ['latency', 'Latency', latencySection(groups, shown, colors)],
          ...optional('stages', 'Stages', [
            stages &&
              tableElement('What became of the requests of each stage; times in milliseconds', stages),
          ]),
          ['share-over-time', 'Share over time', shareOverTimeSection(shown, colors)],
          ['in-flight', 'In flight over time', inFlightSection(shown)],
          ...optional(
            'streams',
            'Streams of language models',
            streamBlocks(shown.map(({ typical }) => typical)),
          ),
          ...tokensOverTime(shown, colors),
          ...optional('placement', 'Placement', [
            placementTable(report.runs),
            reconciliationTable(report.runs),
          ]),
          [
            'outcomes',
            'Status and outcome',
            [outcomeTable(report.runs), checkTable(report.runs), loadTable(report.runs)],
          ],
        ];
  const drill = optional('drill', 'Failover drill', drillBlocks(report.runs));
  const rest = [...sections, ['scenario', 'Scenario', [scenarioSection(report)]] as const];
  const all = [...drill, ...rest];
  return element(
    'body',
    {},
    element(
      'header',
      {},
      element('h1', {}, name),
      element('p', { class: 'facts' }, facts(report)),
      ...verdictBlock(report),
      ...warningsBlock(report.runs),
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
      drill.map(([id, title, content]) => section(id, title, content)),
      element(
        'div',
        { class: 'first' },
        ...(groups.length === 0 ? [noRun] : firstScreen(report, groups, shown)),
      ),
      rest.map(([id, title, content]) => section(id, title, content)),
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
function facts(report: Report): string {
  const { runs } = report;
  const time = startText(report);
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

/** A part of the page with a heading, which the navigation leads to. */
function section(id: string, title: string, content: readonly (Markup | undefined)[]): MarkupElement {
  return element(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    content,
  );
}

/** What is to be seen before anything else, below the verdict: the runs side by side, and who got how much. */
function firstScreen(
  { advice }: Report,
  groups: readonly RunGroup[],
  shown: readonly RunGroup[],
): MarkupElement[] {
  const runs = shown.map(({ typical }) => typical);
  const shares = runs.flatMap(({ backends }) =>
    backends.flatMap(({ share, expectedShare }) => [share ?? 0, expectedShare ?? 0]),
  );
  const scale = shares.reduce((longest, share) => Math.max(longest, share), 0.01);
  const countless = runs.some(({ algorithm }) => aimOf(algorithm) !== undefined);
  const unknown = runs.some((run) => run.backends.length > 0 && weightsUnknown(run));
  return [
    section('side-by-side', groups.length > 1 ? 'Side by side' : 'The run', [
      element(
        'div',
        { class: 'compare' },
        tableElement('Runs side by side; times in milliseconds', sideBySideOnPage(groups)),
      ),
      successesDiffer(groups)
        ? element(
            'p',
            { class: 'note' },
            'Errors come fast: the columns with ok are without them, and bold goes by those.',
          )
        : undefined,
      advice === undefined
        ? undefined
        : element('p', { class: 'advice' }, element('strong', {}, 'Advice: '), adviceText(advice)),
    ]),
    section('shares', 'Share against expected', [
      element(
        'p',
        { class: 'note' },
        `The mark is the expected share${unknown ? '; no weights are known, so it is the same for all' : ''}. Orange is further off than chance explains${countless ? ', where the method aims at even counts' : ''}.`,
      ),
      element(
        'div',
        { class: gridFor(shown.length) },
        shown.map((group) => shareFigure(group.typical, titleOf(group), scale, shown.length)),
      ),
    ]),
  ];
}

/** What each outage did to the shares and to the client, by run; empty without a drill. */
function drillBlocks(runs: readonly RunReport[]): MarkupElement[] {
  return runs.flatMap(({ name, failover }) =>
    (failover?.outages ?? []).flatMap((outage) => [
      element('h3', {}, `${sanitize(name, 60)} · ${outageTitle(outage)}`),
      tableElement(
        `shares before, during and after the outage of ${sanitize(outage.backend, 60)} under ${sanitize(name, 60)}`,
        outageTable(outage),
      ),
      factList({ kind: 'facts', facts: outageFacts(outage) }),
    ]),
  );
}

/** Warnings that stand below the verdict; further ones are folded. */
const mostWarnings = 5;

/** What the runs warn of, in their order; what several warn of in the same words stands once. */
function warningsBlock(runs: readonly RunReport[]): MarkupElement[] {
  const byText = new Map<string, { readonly code: string; readonly text: string; readonly runs: string[] }>();
  for (const { name, warnings } of runs) {
    for (const { code, text } of warnings) {
      const same = byText.get(text) ?? { code, text, runs: [] };
      byText.set(text, same);
      same.runs.push(name);
    }
  }
  const warnings = [...byText.values()].map(({ code, text, runs: names }) => ({
    code,
    text,
    about: runs.length === 1 || names.length === runs.length ? undefined : names.slice(0, 3).join(', '),
  }));
  if (warnings.length === 0) return [];
  const shown = warnings.slice(0, mostWarnings);
  const more = warnings.slice(mostWarnings);
  const folded = element(
    'details',
    { class: 'printed' },
    element('summary', {}, formatQuantity(more.length, 'more warning')),
    warningList({ warnings: more }),
  );
  return [
    element(
      'section',
      { class: 'beware', 'aria-label': 'Warnings' },
      warningList({ warnings: shown }),
      more.length === 0 ? undefined : folded,
    ),
  ];
}

const mostScenarioCharacters = 40_000;

/** The resolved scenario as YAML, without what is not set: folded on the screen, where few will want it, and printed. */
function scenarioSection({ scenario }: Report): MarkupElement {
  const text = stringify(withoutNulls(scenario) ?? {}, { lineWidth: 100, aliasDuplicateObjects: false });
  const cut =
    text.length > mostScenarioCharacters
      ? `${text.slice(0, mostScenarioCharacters)}\n… the rest is in the JSON report`
      : text;
  const lines = cut.split('\n');
  return element(
    'details',
    { class: 'printed' },
    element('summary', {}, `${formatQuantity(lines.length, 'line')} of YAML`),
    element('pre', { tabindex: 0 }, lines.map((line) => sanitize(line, 4000)).join('\n')),
  );
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}
