import { dialectOf, fieldsOf } from '../../accesslog/dialect/dialects.js';
import { type LogAnswer, selectedFormats } from '../../accesslog/log-answer.js';
import type { Warning } from '../../model/warning.js';
import { maxBackends } from '../../tally/tally.js';
import { shown } from '../../text/shown.js';
import { noBackendLeft } from '../no-backend-left.js';
import type { LogFacts } from './facts.js';

/** Below this, rates over times of whole seconds are off by 10 % and more. */
const roughBelowMs = 10_000;

/** What a reader must know of a log and its format. */
export function logWarnings(answer: LogAnswer, facts: LogFacts): Warning[] {
  return [...lines(answer), ...backends(answer, facts), ...times(answer, facts)];
}

function lines({ unmatched, physicalLines, notes }: LogAnswer): Warning[] {
  const warnings: Warning[] = notes.map(({ file, text }) => ({
    code: 'damaged-log',
    text: `${file}: ${text}`,
  }));
  if (unmatched.count > 0) {
    const [first] = unmatched.first;
    const where =
      first === undefined ? '' : `; the first is line ${first.line} of ${first.file}: ${first.reason}`;
    warnings.push({
      code: 'unmatched-lines',
      text: `${unmatched.count} of ${physicalLines} lines could not be read as requests${where}`,
    });
  }
  return warnings;
}

function backends(answer: LogAnswer, { tellsBackend }: LogFacts): Warning[] {
  const { tally, selected, format } = answer;
  const { words, directive } = dialectOf(format);
  if (!tellsBackend) {
    if (selected === 0) return [];
    return [
      {
        code: 'unattributed',
        text: `the log's format has no ${words.backend}, so which backend served a request cannot be recovered from it; append for example to: ${words.backend} to ${directive}`,
      },
    ];
  }
  const warnings: Warning[] = [];
  const untold = selectedFormats(answer).filter((one) => fieldsOf(one.format).backend === undefined);
  const untoldCount = untold.reduce((sum, one) => sum + one.selected, 0);
  if (untoldCount > 0) {
    warnings.push({
      code: 'unattributed',
      text: `${untoldCount} of ${selected} requests are of a format without ${words.backend}, so which backend served them cannot be told: ${shown(untold[0]?.format.text ?? '', 80)}`,
    });
  }
  const unclear =
    (tally.cells[0]?.count ?? 0) -
    untoldCount -
    tally.counters.notProxied -
    tally.counters.noBackendLeft -
    tally.counters.backendOverflow;
  if (unclear > 0) {
    warnings.push({
      code: 'unattributed',
      text: `${unclear} requests list attempts of which the last names no backend, so who served them cannot be told`,
    });
  }
  warnings.push(...noBackendLeft(tally));
  if (tally.counters.backendOverflow > 0) {
    warnings.push({
      code: 'too-many-backends',
      text: `more than ${maxBackends} distinct backends: ${tally.counters.backendOverflow} requests of further ones are counted as unattributed; is this field really ${words.backend}?`,
    });
  }
  return warnings;
}

function times({ format, selected, firstStartMs, lastEndMs }: LogAnswer, facts: LogFacts): Warning[] {
  if (selected === 0) return [];
  const { words } = dialectOf(format);
  const missing: string[] = [];
  if (!facts.hasClock) missing.push(`when requests were served (${words.time}), so there are no rates`);
  if (!facts.hasTimes) missing.push(`how long they took (${words.duration})`);
  if (!facts.hasStatus) missing.push(`their status (${words.status})`);
  const warnings: Warning[] = [];
  if (missing.length > 0) {
    warnings.push({
      code: 'not-measured',
      text: `the log's format does not carry ${missing.join(', nor ')}`,
    });
  }
  const durationMs = (lastEndMs ?? 0) - (firstStartMs ?? 0);
  if (facts.hasClock && facts.isCoarse && durationMs < roughBelowMs) {
    warnings.push({
      code: 'not-measured',
      text: `the log tells times in whole seconds and spans ${(durationMs / 1000).toFixed(0)} s, so rates and the timeline are rough; ${words.exactTime} is exact`,
    });
  }
  return warnings;
}
