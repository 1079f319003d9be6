import { dialectOf, fieldsOf } from '../../accesslog/dialect/dialects.js';
import { type LogAnswer, selectedFormats } from '../../accesslog/log-answer.js';
import { aimOf } from '../../figures/aim.js';
import { formatCount, formatDuration, formatQuantity } from '../../figures/format.js';
import type { RunReport } from '../../model/report.js';
import type { Warning } from '../../model/warning.js';
import { maxBackends } from '../../tally/tally.js';
import { shown } from '../../text/shown.js';
import { mismatchWarnings } from '../model-watch.js';
import { noBackendLeft } from '../no-backend-left.js';
import type { LogFacts } from './facts.js';
import type { LoggedPlacements } from './placements.js';

/** Below this, rates over times of whole seconds are off by 10 % and more. */
const roughBelowMs = 10_000;
/** What began no longer before a log's first line than this is worth no word. */
const longBeforeMs = 60_000;

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
  warnings.push(...noBackendLeft(tally, format.dialect));
  if (tally.counters.backendOverflow > 0) {
    warnings.push({
      code: 'too-many-backends',
      text: `more than ${maxBackends} distinct backends: ${tally.counters.backendOverflow} requests of further ones are counted as unattributed; is this field really ${words.backend}?`,
    });
  }
  return warnings;
}

function times(answer: LogAnswer, facts: LogFacts): Warning[] {
  const { format, selected, window } = answer;
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
  warnings.push(...untimed(answer, facts), ...longLines(answer));
  const durationMs = window === undefined ? 0 : window.toMs - window.fromMs;
  if (facts.hasClock && facts.isCoarse && durationMs < roughBelowMs) {
    warnings.push({
      code: 'not-measured',
      text: `the log tells times in whole seconds and spans ${(durationMs / 1000).toFixed(0)} s, so rates and the timeline are rough; ${words.exactTime} is exact`,
    });
  }
  return warnings;
}

/** Requests that are in none of the times although the format has some. */
function untimed({ tally, selected, format }: LogAnswer, facts: LogFacts): Warning[] {
  if (!facts.hasTimes) return [];
  const { words } = dialectOf(format);
  const warnings: Warning[] = [];
  const warn = (text: string) => warnings.push({ code: 'not-measured', text });
  const upgraded = tally.clocks.upgraded.count;
  const withoutTime = selected - tally.clocks.response.count - upgraded;
  if (facts.hasRequestTime && withoutTime > 0) {
    const all = formatQuantity(selected, 'request');
    warn(
      `${formatCount(withoutTime)} of ${all} carry no time of the whole request (${words.duration}), so the times are those of the others`,
    );
  }
  const backends = tally.cells.slice(1);
  const retries = backends.reduce((sum, { counters }) => sum + counters.retries, 0);
  if (!facts.tellsBackend || retries === 0) return warnings;
  const served = backends.reduce((sum, { count }) => sum + count, 0);
  const timed = backends.reduce((sum, { clocks }) => sum + clocks.service.count, upgraded);
  if (!facts.hasRequestTime) {
    warn(
      `the log's format has no time of the whole request (${words.duration}): response times are those of the attempt that served, without the attempts before it`,
    );
  } else if (!facts.hasAttemptTime && served - timed > 0) {
    warn(
      `how long each attempt took is not in the log's format (${words.duration}), so times by backend are those of requests with one attempt: ${formatCount(served - timed)} of ${formatCount(served)} had more`,
    );
  }
  return warnings;
}

/** Lines whose length would tell nothing about requests, and those that began long before the others. */
function longLines({ tally, window, firstStartMs }: LogAnswer): Warning[] {
  const warnings: Warning[] = [];
  const { count, maxUs } = tally.clocks.upgraded;
  if (count > 0) {
    warnings.push({
      code: 'long-lines',
      text: `${formatQuantity(count, 'connection')} switched protocols (101, WebSocket), the longest for ${formatDuration(maxUs / 1000)}: counted as requests, but in no time and not as in flight`,
    });
  }
  if (window === undefined || firstStartMs === undefined) return warnings;
  const beforeMs = window.fromMs - firstStartMs;
  if (beforeMs > Math.max(longBeforeMs, window.toMs - window.fromMs)) {
    warnings.push({
      code: 'long-lines',
      text: `the first request began ${formatDuration(beforeMs)} before the window of the log; of what began before, only the part within the window counts as in flight`,
    });
  }
  return warnings;
}

/** What the method of the pool aims at, where that is not equal counts, and whether keys went where it sends them. */
export function aimWarnings(run: RunReport, placements: LoggedPlacements | undefined): Warning[] {
  const { algorithm, backends, distribution } = run;
  const aim = aimOf(algorithm);
  const served = backends.filter(({ count }) => count > 0).length;
  if (aim === undefined || algorithm === undefined || served === 0 || !distribution.skew) return [];
  const untold = placements !== undefined && 'problem' in placements ? `; ${placements.problem}` : '';
  const judged =
    aim === 'keys'
      ? `which counts follow as far as keys are asked for alike: a skew is judged by that of the keys${untold}`
      : 'and a slower server gets fewer: a skew is judged by that of the requests in flight';
  return [
    {
      code: 'method-aim',
      text: `equal counts are not what ${shown(algorithm, 80)} aims at: it evens out ${aim}, ${judged}`,
    },
    ...mismatchWarnings(placements?.prediction, ': is this the block as it was when the log was written?'),
  ];
}
