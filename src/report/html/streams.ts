import type { RunGroup } from '../../figures/run-groups.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { affinityFacts, streamFacts, streamTable } from '../blocks/streams.js';
import { factList, tableElement } from '../render/html.js';
import { element, type Markup, type MarkupElement } from '../render/markup.js';
import type { BackendColors } from './backend-colors.js';
import { inFlightSection } from './in-flight-heat.js';
import { shareOverTimeSection } from './share-over-time.js';

/** What the streams of each run came to; empty without any. */
export function streamBlocks(runs: readonly RunReport[]): MarkupElement[] {
  return runs.flatMap((run) =>
    run.llm === undefined
      ? []
      : [
          element('h3', {}, sanitize(run.name, 60)),
          tableElement(`streams by backend under ${sanitize(run.name, 60)}`, streamTable(run)),
          factList({ kind: 'facts', facts: [...streamFacts(run), ...affinityFacts(run)] }),
        ],
  );
}

/** Who generated the tokens over time, and who held how many; nothing where no tokens were counted. */
export function tokensOverTime(
  shown: readonly RunGroup[],
  colors: BackendColors,
): (readonly [id: string, title: string, content: readonly (Markup | undefined)[]])[] {
  const isCounted = shown.some(({ typical }) => (typical.llm?.tokens.out ?? 0) > 0);
  if (!isCounted) return [];
  const ofTokens = shown.map((group) => ({ ...group, typical: inTokens(group.typical) }));
  return [
    ['tokens-over-time', 'Tokens over time', shareOverTimeSection(ofTokens, colors, 'share of the tokens')],
    [
      'held-over-time',
      'Tokens held over time',
      inFlightSection(ofTokens, { what: 'tokens held', short: 'tokens' }),
    ],
  ];
}

/** A run in which tokens generated stand where its charts look for responses, and tokens held for requests in flight. */
function inTokens(run: RunReport): RunReport {
  return {
    ...run,
    backends: run.backends.map((backend) => ({
      ...backend,
      share: backend.llm?.tokenShare,
      meanInFlight: backend.llm?.meanHeldTokens,
      peakInFlight: backend.llm?.peakHeldTokens,
    })),
    timeline: run.timeline.map((slice) => ({
      ...slice,
      backends: Object.fromEntries(
        Object.entries(slice.backends).map(([address, { tokensOut = 0, heldTokens = 0 }]) => [
          address,
          { count: tokensOut, inFlight: heldTokens },
        ]),
      ),
    })),
  };
}
