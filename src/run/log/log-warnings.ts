import type { LogResult } from '../../accesslog/log-result.js';
import type { Warning } from '../../model/warning.js';
import { maxBackends } from '../../tally/tally.js';
import { noBackendLeft } from '../no-backend-left.js';
import type { LogFacts } from './log-facts.js';

/** Below this, rates over times of whole seconds are off by 10 % and more. */
const roughBelowMs = 10_000;

/** What a reader must know of a log and its format. */
export function logWarnings(result: LogResult, facts: LogFacts): Warning[] {
  return [...lines(result), ...backends(result, facts), ...times(result, facts)];
}

function lines({ unmatched, physicalLines, notes }: LogResult): Warning[] {
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

function backends({ tally, notProxied, selected }: LogResult, { tellsBackend }: LogFacts): Warning[] {
  if (!tellsBackend) {
    if (selected === 0) return [];
    return [
      {
        code: 'unattributed',
        text: "the log's format has no $upstream_addr, so which backend served a request cannot be recovered from it; append for example to: $upstream_addr to log_format",
      },
    ];
  }
  const warnings: Warning[] = [];
  const unclear =
    (tally.cells[0]?.count ?? 0) - notProxied - tally.counters.noBackendLeft - tally.counters.backendOverflow;
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
      text: `more than ${maxBackends} distinct backends: ${tally.counters.backendOverflow} requests of further ones are counted as unattributed; is this field really $upstream_addr?`,
    });
  }
  return warnings;
}

function times({ selected, firstStartMs, lastEndMs }: LogResult, facts: LogFacts): Warning[] {
  if (selected === 0) return [];
  const missing: string[] = [];
  if (!facts.hasClock)
    missing.push('when requests were served ($time_local, $time_iso8601 or $msec), so there are no rates');
  if (!facts.hasTimes) missing.push('how long they took ($request_time, $upstream_response_time)');
  if (!facts.hasStatus) missing.push('their status ($status)');
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
      text: `the log tells times in whole seconds and spans ${(durationMs / 1000).toFixed(0)} s, so rates and the timeline are rough; $msec is exact`,
    });
  }
  return warnings;
}
