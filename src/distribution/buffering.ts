import { formatCount, formatPercent, formatRate } from '../figures/format.js';
import type { Buffering } from '../model/stream-report.js';

/** What was seen of the streams of a run that tells what the path does to them. */
export interface StreamPath {
  readonly streams: number;
  readonly compressed: number;
  /** Bursts between the first and the last of each stream, and those that were whole pages. */
  readonly innerBursts: number;
  readonly burstsOfPages: number;
  /** Bursts before the last, and those that ended where a TLS buffer is full. */
  readonly burstsBeforeLast: number;
  readonly burstsOfTlsBuffers: number;
  /** Complete streams of many events, and those whose first output came in the last tenth of their time. */
  readonly longStreams: number;
  readonly heldStreams: number;
  readonly outputEvents: number;
  readonly outputReads: number;
  /** What lbbench itself was late, and how long streams took; `undefined` where that is not known. */
  readonly lagP99Ms: number | undefined;
  readonly e2eP50Ms: number | undefined;
}

/** This part of all must show a sign: first and last bursts, and a late read now and then, do not. */
const mostOf = 0.8;
/** Fewer bursts could be whole by chance in one place, but hardly in several: 1 in 4,096 each. */
const fewestBursts = 3;
/** Up to here reads carry one event each, but for what a network and a busy reader put together. */
const apartEvents = 1.5;
/** More lateness than this part of a stream's time would look like a path that holds streams back. */
const mostLag = 0.1;

/**
 * What the path does to streams, by the sizes and times of what came: nginx lets go of an answer without chunks page by page, of
 * what it encrypts by 16 KiB, and a short answer whole. `undefined` where there was no stream.
 *
 * Sizes need no guard: a late reader makes bursts too, but does not end them where a proxy's buffer does. What is told by times alone
 * does.
 */
export function judgeBuffering(path: StreamPath): Buffering | undefined {
  const { streams, compressed, innerBursts, burstsOfPages, burstsBeforeLast, burstsOfTlsBuffers } = path;
  const { longStreams, heldStreams, outputEvents, outputReads } = path;
  if (streams === 0) return undefined;
  if (isMost(compressed, streams)) {
    const evidence = `${formatCount(compressed)} of ${formatCount(streams)} streams came with a Content-Encoding`;
    return { verdict: 'compressed', evidence, remedy: 'gzip off;' };
  }
  if (burstsOfTlsBuffers >= fewestBursts && isMost(burstsOfTlsBuffers, burstsBeforeLast)) {
    const evidence = `${share(burstsOfTlsBuffers, burstsBeforeLast)} of ${formatCount(burstsBeforeLast)} bursts end where 16 KiB are full`;
    return { verdict: 'tls-16k', evidence, remedy: 'proxy_buffering off;' };
  }
  if (burstsOfPages >= fewestBursts && isMost(burstsOfPages, innerBursts)) {
    const evidence = `${share(burstsOfPages, innerBursts)} of ${formatCount(innerBursts)} bursts are whole pages of 4 KiB`;
    return { verdict: 'proxy-4k', evidence, remedy: 'proxy_buffering off;' };
  }
  const perRead = outputReads === 0 ? undefined : outputEvents / outputReads;
  const apart = `${formatRate(perRead)} events with output in each read that has any`;
  // A late reader can only put events together.
  if (longStreams > 0 && perRead !== undefined && perRead <= apartEvents) {
    return { verdict: 'none', evidence: apart, remedy: undefined };
  }
  if (isLate(path)) {
    return inconclusive(
      `lbbench itself was up to ${formatRate(path.lagP99Ms)} ms late, which puts events together too`,
    );
  }
  if (isMost(heldStreams, longStreams)) {
    const evidence = `the first output of ${formatCount(heldStreams)} of ${formatCount(longStreams)} longer streams came in the last tenth of their time`;
    return { verdict: 'whole', evidence, remedy: 'proxy_buffering off;' };
  }
  if (longStreams === 0) return inconclusive('no complete stream had 20 events or more');
  return inconclusive(`${apart}, and no buffer of nginx would end its bursts so`);
}

function inconclusive(evidence: string): Buffering {
  return { verdict: 'inconclusive', evidence, remedy: undefined };
}

function isMost(part: number, whole: number): boolean {
  return whole > 0 && part >= mostOf * whole;
}

function isLate({ lagP99Ms = 0, e2eP50Ms }: StreamPath): boolean {
  return e2eP50Ms !== undefined && lagP99Ms > mostLag * e2eP50Ms;
}

function share(part: number, whole: number): string {
  return formatPercent(part / whole);
}
