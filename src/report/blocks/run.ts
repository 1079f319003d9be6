import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { agentParagraphs } from './agents.js';
import { backendTable } from './backends.js';
import { facts, type Paragraph } from './block.js';
import { checkParagraph } from './checks.js';
import { outageParagraphs } from './outage.js';
import { loadText, outcomeFacts } from './outcome.js';
import { predictionFacts, spreadFacts } from './spread.js';
import { stageTable } from './stages.js';
import { streamParagraphs } from './streams.js';
import { histogramBlocks, timeBlocks } from './times.js';

/** One run from top to bottom: what was sent, what came back, how long it took, who served it, what to beware of. */
export function runParagraphs(run: RunReport, roundCount: number): Paragraph[] {
  const marks = [
    ...(roundCount > 1 ? [`the typical of ${roundCount} rounds`] : []),
    ...(run.interrupted ? ['interrupted'] : []),
  ];
  const stages = stageTable([run]);
  return [
    [
      {
        kind: 'heading',
        text: sanitize(run.name, 100) + (marks.length === 0 ? '' : ` (${marks.join(', ')})`),
      },
      { kind: 'note', text: loadText(run), tone: 'quiet' },
    ],
    [outcomeFacts(run)],
    timeBlocks(run),
    histogramBlocks(run.responseMs),
    ...(stages === undefined ? [] : [[stages]]),
    [
      run.backends.length === 0
        ? { kind: 'note', text: 'No response could be attributed to a backend.' }
        : backendTable(run),
    ],
    checkParagraph(run),
    [facts(...spreadFacts(run), ...predictionFacts(run.prediction))],
    ...streamParagraphs(run),
    ...agentParagraphs(run),
    ...outageParagraphs(run),
    [{ kind: 'warnings', warnings: run.warnings }],
  ];
}
