import { describe, expect, it } from 'vitest';
import { judgeBuffering, type StreamPath } from '../../src/distribution/buffering.js';

/** Ten streams whose events came one by one. */
const apart: StreamPath = {
  streams: 10,
  compressed: 0,
  innerBursts: 2000,
  burstsOfPages: 0,
  burstsBeforeLast: 2010,
  burstsOfTlsBuffers: 0,
  longStreams: 10,
  heldStreams: 0,
  outputEvents: 2000,
  outputReads: 1980,
  lagP99Ms: 0.5,
  e2eP50Ms: 1000,
};
const lumps = { outputEvents: 2000, outputReads: 120 };
const verdictOf = (changes: Partial<StreamPath>) => judgeBuffering({ ...apart, ...changes })?.verdict;

describe('judgeBuffering', () => {
  it.each([
    ['none', {}],
    ['none', { lagP99Ms: 500 }],
    ['proxy-4k', { ...lumps, innerBursts: 100, burstsOfPages: 97 }],
    ['proxy-4k', { ...lumps, innerBursts: 100, burstsOfPages: 97, lagP99Ms: 500 }],
    ['tls-16k', { ...lumps, burstsBeforeLast: 40, burstsOfTlsBuffers: 38, innerBursts: 30 }],
    ['whole', { ...lumps, outputReads: 10, innerBursts: 0, burstsBeforeLast: 0, heldStreams: 10 }],
    ['compressed', { compressed: 10 }],
    ['inconclusive', { ...lumps, innerBursts: 100, burstsOfPages: 1 }],
    ['inconclusive', { ...lumps, innerBursts: 2, burstsOfPages: 2 }],
    ['inconclusive', { ...lumps, heldStreams: 10, lagP99Ms: 101 }],
    ['inconclusive', { longStreams: 0 }],
  ] as const)('is %s', (verdict, changes) => {
    expect(verdictOf(changes)).toBe(verdict);
  });

  it('says what mends it, and nothing where nothing has to be mended', () => {
    expect(judgeBuffering({ ...apart, ...lumps, innerBursts: 50, burstsOfPages: 50 })).toEqual({
      verdict: 'proxy-4k',
      evidence: '100 % of 50 bursts are whole pages of 4 KiB',
      remedy: 'proxy_buffering off;',
    });
    expect(judgeBuffering(apart)?.remedy).toBeUndefined();
  });

  it('says nothing without streams', () => {
    expect(judgeBuffering({ ...apart, streams: 0 })).toBeUndefined();
  });
});
