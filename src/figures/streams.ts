import type { RunStreams } from '../model/stream-report.js';
import { type Chance, requestsForSkew } from './chance.js';
import { attributedCount } from './counts.js';
import type { Family, Figure } from './figure.js';
import { formatCount } from './format.js';
import { holds, known, type Reading, ratio, unknown } from './reading.js';
import { formatRough } from './units.js';

/** The figures of streams of language models; see docs/llm.md. */

const noStream = 'no answer was a stream of a language model';

/** Tokens that servers did not count may be this part of all before what is known of the others says nothing. */
const mostUncounted = 0.01;

/** Of three kinds of work: its skew, the noise of that, and how many requests of equal weight vary as much. */
type Work =
  | readonly ['tokenSkew', 'tokenSkewNoise', 'out']
  | readonly ['promptSkew', 'promptSkewNoise', 'in']
  | readonly ['heldSkew', 'heldSkewNoise', 'held'];

/** A skew of work, whose noise comes from what the requests weighed. */
function workSkew(name: string, head: string, meaning: string, work: Work): Figure {
  const [skew] = work;
  return {
    name,
    unit: 'ratio',
    better: 'lower',
    per: ['run'],
    head,
    ofStreams: true,
    csv: name.replace('-', '_'),
    meaning,
    read: ({ llm, distribution }) => {
      if (llm === undefined) return unknown(noStream);
      return isCounted(llm) ? known(distribution[skew]) : unknown(uncounted(llm));
    },
    chance: weighedDraw(head, work),
  };
}

/** Proven above what a fair draw of these requests, each with its weight, exceeds less than 1 time in 100. */
function weighedDraw(called: string, [skew, noise, kind]: Work): Chance {
  return ({ run, operator, limit }) => {
    if (!operator.startsWith('<')) return undefined;
    const { [skew]: seen, [noise]: most, effectiveRequests } = run.distribution;
    const effective = effectiveRequests?.[kind];
    if (seen === undefined || most === undefined || effective === undefined) {
      return { isProven: false, note: `how much ${called} chance alone can cause is not known` };
    }
    const count = attributedCount(run);
    const draw = `${formatCount(count)} requests, whose lengths make them vary as ${formatCount(effective)} equal ones`;
    const percent = formatRough('ratio', most, 2);
    if (holds(seen, '>', most)) {
      return {
        isProven: true,
        note: `in 99 of 100 fair draws of ${draw}, the ${called} is at most ${percent}`,
      };
    }
    const equal = requestsForSkew(run, limit);
    const needed = equal === undefined ? undefined : Math.ceil((equal * count) / effective);
    const rule = `${called} ${operator} ${formatRough('ratio', limit)}`;
    const remedy = needed === undefined ? '' : `; ${formatCount(needed)} requests would decide ${rule}`;
    return {
      isProven: false,
      note: `a fair draw of ${draw}, may show a ${called} of ${percent}${remedy}`,
    };
  };
}

function isCounted({ eventsOut, tokens: { out = 0 } }: RunStreams): boolean {
  return eventsOut <= mostUncounted * (out + eventsOut);
}

function uncounted({ counted }: RunStreams): string {
  return `${formatCount(counted.events)} streams came without the server's count of their tokens, and events are no tokens`;
}

/** A rule on the goodput is broken for certain where its whole interval breaks it. */
const provenGoodput: Chance = ({ run, operator, limit }) => {
  const { low, high } = run.llm?.goodput ?? {};
  const bound = operator.startsWith('>') ? high : low;
  if (low === undefined || high === undefined || bound === undefined) return undefined;
  return { isProven: !holds(bound, operator, limit), note: between(low, high) };
};

/** The same of the turns that stayed. */
const provenAffinity: Chance = ({ run, operator, limit }) => {
  const { low, high } = run.affinity ?? {};
  const bound = operator.startsWith('>') ? high : low;
  if (low === undefined || high === undefined || bound === undefined) return undefined;
  return { isProven: !holds(bound, operator, limit), note: between(low, high) };
};

function between(low: number, high: number): string {
  return `with 99 % confidence it lies between ${formatRough('ratio', low)} and ${formatRough('ratio', high)}`;
}

const tokenRate =
  (direction: 'in' | 'out'): Figure['read'] =>
  (run, { backend }): Reading => {
    const llm = (backend ?? run).llm;
    return llm === undefined ? unknown(noStream) : known(llm.tokensPerSec[direction]);
  };

export const streamFigures: readonly Figure[] = [
  workSkew(
    'token-skew',
    'token skew',
    'the skew of the tokens that each backend generated, instead of its count: of the work of streams of language models',
    ['tokenSkew', 'tokenSkewNoise', 'out'],
  ),
  workSkew('prompt-skew', 'prompt skew', 'the same of the tokens of prompts', [
    'promptSkew',
    'promptSkewNoise',
    'in',
  ]),
  workSkew(
    'held-skew',
    'held-token skew',
    'the same of the mean tokens held: prompts and answers so far of the streams open at a backend, which fill its memory',
    ['heldSkew', 'heldSkewNoise', 'held'],
  ),
  {
    name: 'goodput',
    unit: 'ratio',
    better: 'higher',
    per: ['run'],
    head: 'goodput',
    ofStreams: true,
    csv: 'goodput',
    isBounded: true,
    meaning:
      'requests that kept all of `slo` / requests started, whatever became of them, and due starts that were never made',
    read: ({ llm }) =>
      llm?.goodput === undefined ? unknown('the scenario has no slo') : known(llm.goodput.ratio),
    chance: provenGoodput,
  },
  {
    name: 'cached',
    unit: 'ratio',
    better: 'higher',
    per: ['run', 'backend'],
    head: 'cached',
    ofStreams: true,
    csv: 'cached_ratio',
    isBounded: true,
    meaning:
      'tokens of prompts that the server found in its cache / tokens of the prompts of which it says so',
    read: (run, { backend }) => {
      const llm = (backend ?? run).llm;
      if (llm === undefined) return unknown(noStream);
      return llm.cachedRatio === undefined
        ? unknown('no server said how much it had cached')
        : known(llm.cachedRatio);
    },
  },
  {
    name: 'affinity',
    unit: 'ratio',
    better: 'higher',
    per: ['run'],
    head: 'turns kept',
    ofStreams: true,
    csv: 'affinity',
    isBounded: true,
    meaning: 'turns of sessions that went to the backend of the turn before / all behind the first',
    read: ({ affinity }) =>
      affinity === undefined ? unknown('no session had a second turn') : known(affinity.ratio),
    chance: provenAffinity,
  },
  {
    name: 'truncated',
    unit: 'ratio',
    better: 'lower',
    per: ['run', 'backend'],
    head: 'truncated',
    ofStreams: true,
    csv: 'truncated_ratio',
    isBounded: true,
    meaning: 'streams that ended well-formed without having said that they were done / streams',
    read: (run, { backend }) => {
      const llm = (backend ?? run).llm;
      if (llm === undefined) return unknown(noStream);
      const { complete, truncated, errorInStream, empty, brokenOff } = llm.streams;
      return ratio(truncated, complete + truncated + errorInStream + empty + brokenOff);
    },
  },
  {
    name: 'tokens',
    unit: 'per-second',
    better: 'higher',
    per: ['run', 'backend'],
    head: 'tokens/s',
    ofStreams: true,
    csv: 'tokens_per_sec',
    meaning: "tokens generated a second, by the server's own count",
    read: tokenRate('out'),
  },
  {
    name: 'tokens-in',
    unit: 'per-second',
    better: 'higher',
    per: ['run', 'backend'],
    head: 'tokens in/s',
    ofStreams: true,
    csv: 'tokens_in_per_sec',
    meaning: 'tokens of prompts a second',
    read: tokenRate('in'),
  },
];

type Times = 'ttftMs' | 'ttftAnswerMs' | 'gapMs' | 'stallMs' | 'tpotMs' | 'e2eMs';

function times(name: string, head: string, meaning: string, field: Times): Family {
  return {
    name,
    unit: 'ms',
    better: 'lower',
    per: ['run', 'backend', 'request'],
    head,
    ofStreams: true,
    csv: ['run', 'backend', 'request'],
    meaning,
    of: (run, { backend, request }) => (backend ?? request ?? run).llm?.[field] ?? noStream,
  };
}

export const streamFamilies: readonly Family[] = [
  times(
    'ttft',
    'first token',
    'from the start of a request to the read that completed the first output of a stream: text, reasoning or a call of a tool',
    'ttftMs',
  ),
  {
    name: 'ttft-response',
    unit: 'ms',
    better: 'lower',
    per: ['run'],
    head: 'first token, from due',
    ofStreams: true,
    csv: ['run'],
    meaning: 'the same from when a request was due; in the closed model the same as ttft',
    of: ({ llm, load }) => (load.model === 'open' ? llm?.ttftResponseMs : llm?.ttftMs) ?? noStream,
  },
  times('ttft-answer', 'first answer', 'the same to the first output that is no reasoning', 'ttftAnswerMs'),
  times('gap', 'gap', 'between two reads in a row that carried output', 'gapMs'),
  times('stall', 'stall', 'the longest gap of each stream', 'stallMs'),
  times(
    'tpot',
    'per token',
    '(last output - first output) / (tokens - 1) of each complete stream of which the server counted at least two',
    'tpotMs',
  ),
  times('e2e', 'last token', 'from the start of a request to the last read that carried output', 'e2eMs'),
];
