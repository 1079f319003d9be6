import {
  formatCount,
  formatDeviation,
  formatDuration,
  formatMs,
  formatPercent,
  formatQuantity,
  formatRate,
  formatShare,
} from '../../figures/format.js';
import type { BackendReport, RunReport } from '../../model/report.js';
import type { Buffering, Goodput, RunStreams } from '../../model/stream-report.js';
import { columnsOver, type Fact, facts, name, onlyTrouble, type Paragraph, type Table } from './block.js';

/** The work of streams of language models: who generated how much, how even that was, how it felt; nothing without any. */
export function streamParagraphs(run: RunReport): Paragraph[] {
  const { llm } = run;
  if (llm === undefined) return run.affinity === undefined ? [] : [[facts(...affinityFacts(run))]];
  const isMeasured = llm.streams.complete + llm.counted.events > 0 || llm.tokens.out !== undefined;
  const table = run.backends.length > 0 && isMeasured ? [streamTable(run)] : [];
  return [[...table], [facts(...streamFacts(run), ...affinityFacts(run))]].filter(
    (paragraph) => paragraph.length > 0,
  );
}

/** What each backend's streams came to. */
export function streamTable({ backends, distribution }: RunReport): Table {
  const { text, figure } = columnsOver(backends);
  const noise = distribution.tokenSkewNoise ?? 0;
  const off = ({ llm }: BackendReport) => llm?.tokenDeviation;
  return {
    kind: 'table',
    title: 'Streams',
    columns: [
      text('backend', ({ address }) => name(address)),
      figure('tokens out', ({ llm }) => formatCount(llm?.tokens.out)),
      figure('share', ({ llm }) => formatShare(llm?.tokenShare)),
      figure('expected', ({ expectedShare }) => formatShare(expectedShare), { givesWay: 2 }),
      figure('off by', (backend) => ({
        text: formatDeviation(off(backend)),
        mood: Math.abs(off(backend) ?? 0) > noise ? 'doubtful' : undefined,
      })),
      figure('tokens in', ({ llm }) => formatCount(llm?.tokens.in), { givesWay: 6 }),
      figure('cached', ({ llm }) => formatPercent(llm?.cachedRatio), { givesWay: 7 }),
      figure('ttft p50', ({ llm }) => formatMs(llm?.ttftMs?.p50), { givesWay: 3 }),
      figure('p99 ms', ({ llm }) => formatMs(llm?.ttftMs?.p99)),
      figure('gap p50', ({ llm }) => formatMs(llm?.gapMs?.p50), { givesWay: 5 }),
      figure('p99 ms', ({ llm }) => formatMs(llm?.gapMs?.p99), { givesWay: 4 }),
      figure('tok/s', ({ llm }) => formatRate(llm?.tokensPerSec.out), { givesWay: 1 }),
      figure('held', ({ llm }) => formatCount(llm?.meanHeldTokens), { givesWay: 8 }),
      figure('peak', ({ llm }) => formatCount(llm?.peakHeldTokens), { givesWay: 9 }),
      ...onlyTrouble(figure('failed', ({ llm }) => formatCount(llm && failedStreams(llm.streams)))),
    ],
  };
}

/** Whether sessions stayed where they began. */
export function affinityFacts({ affinity }: RunReport): Fact[] {
  if (affinity === undefined) return [];
  const { ratio, chance, turns, kept, movedSessions, sessions, avoidableMisses, low = 0 } = affinity;
  const notes = [
    `${formatCount(kept)} of ${formatQuantity(turns, 'turn')} went where the one before went, chance would keep ${formatPercent(chance)}`,
    ...(movedSessions > 0
      ? [
          `${formatCount(movedSessions)} of ${formatQuantity(sessions, 'session')} moved and came ${formatCount(avoidableMisses)} times to where nothing of theirs is cached`,
        ]
      : []),
    ...(chance !== undefined && low <= chance ? ['no better than chance: is the key empty?'] : []),
  ];
  return [
    {
      label: 'Turns kept',
      value: formatPercent(ratio),
      note: notes.join('; '),
      mood: movedSessions > 0 ? 'doubtful' : undefined,
    },
  ];
}

export function streamFacts(run: RunReport): Fact[] {
  const { llm, distribution } = run;
  if (llm === undefined) return [];
  const skews = [
    ['Token skew', distribution.tokenSkew, distribution.tokenSkewNoise],
    ['Prompt skew', distribution.promptSkew, distribution.promptSkewNoise],
    ['Held-token skew', distribution.heldSkew, distribution.heldSkewNoise],
  ] as const;
  return [
    streamsFact(llm),
    ...skews.flatMap(([label, skew, noise]): Fact[] =>
      skew === undefined
        ? []
        : [
            {
              label,
              value: formatPercent(skew),
              note:
                noise === undefined
                  ? 'too few requests to say what chance explains'
                  : `chance alone explains up to ${formatPercent(noise)}`,
              mood: noise !== undefined && skew > noise ? 'doubtful' : undefined,
            },
          ],
    ),
    ...(llm.buffering === undefined ? [] : [pathFact(llm.buffering)]),
    ...(llm.goodput === undefined ? [] : [goodputFact(llm.goodput)]),
  ];
}

/** How many, how they ended, and how they came. */
function streamsFact({ streams, counted, eventsOut, eventsPerRead }: RunStreams): Fact {
  const ends = [
    [streams.truncated, 'truncated'],
    [streams.errorInStream, 'with an error in them'],
    [streams.empty, 'empty'],
    [streams.brokenOff, 'broken off'],
    [streams.notStreamed, 'answered without a stream'],
    [streams.compressed, 'compressed'],
  ] as const;
  const notes = [
    ...ends.flatMap(([count, words]) => (count > 0 ? [`${formatCount(count)} ${words}`] : [])),
    ...(streams.badEvents > 0 ? [formatQuantity(streams.badEvents, 'bad event')] : []),
    ...(counted.events > 0
      ? [
          `of ${formatCount(counted.events)} the server counted no tokens: ${formatQuantity(eventsOut, 'event')}`,
        ]
      : []),
    ...(eventsPerRead === undefined ? [] : [`${formatRate(eventsPerRead.mean)} events a read`]),
  ];
  return {
    label: 'Streams',
    value: formatCount(streams.complete),
    note: ['complete', ...notes].join('; '),
    mood: failedStreams(streams) > 0 ? 'doubtful' : undefined,
  };
}

function failedStreams({ truncated, errorInStream, empty, brokenOff }: RunStreams['streams']): number {
  return truncated + errorInStream + empty + brokenOff;
}

/** What the path does to them, and what mends that. */
function pathFact({ verdict, evidence, remedy }: Buffering): Fact {
  const words = {
    none: 'as made',
    'proxy-4k': 'in pages',
    'tls-16k': 'in 16 KiB',
    whole: 'held',
    compressed: 'compressed',
    inconclusive: 'unclear',
  } as const;
  return {
    label: 'Streams come',
    value: words[verdict],
    note: remedy === undefined ? evidence : `${evidence}; in nginx's location: ${remedy}`,
    mood: remedy === undefined ? undefined : 'doubtful',
  };
}

function goodputFact({ slo, ratio, low, high, perSec, failedBy }: Goodput): Fact {
  const limits = [
    ['ttft', slo.ttftMs],
    ['tpot', slo.tpotMs],
    ['e2e', slo.e2eMs],
  ] as const;
  const asked = limits.flatMap(([word, ms]) => (ms === undefined ? [] : [`${word} ${formatDuration(ms)}`]));
  const broken = (['ttft', 'tpot', 'e2e', 'error'] as const).flatMap((part) =>
    failedBy[part] > 0 ? [`${formatCount(failedBy[part])} by ${part}`] : [],
  );
  return {
    label: 'Goodput',
    value: formatPercent(ratio),
    note: [
      `${formatRate(perSec)}/s kept ${asked.join(', ')}`,
      `99 % sure between ${formatPercent(low)} and ${formatPercent(high)}`,
      ...(broken.length > 0 ? [`broken ${broken.join(', ')}`] : []),
    ].join('; '),
  };
}
