import type { LlmBody, PromptTexts, SharedPrefix, Trace } from '../../model/llm.js';
import { randomUint32, randomUnit } from '../counter-random.js';
import type { Sessions } from '../sessions.js';
import { warmupIndexBase } from '../warmup.js';
import { lengthOf } from './lengths.js';
import { drawnWords } from './words.js';

/** Each thing that is drawn has a generator of its own, seeded by one of these. */
const purposes = {
  question: -3_000_001,
  answer: -3_000_002,
  prefix: -3_000_003,
  prefixText: -3_000_004,
  block: -3_000_005,
};

/** Text of shared beginnings that is kept for reuse, in characters. */
const mostKept = 32 * 1024 * 1024;

/** Two draws choose a length; the words take those behind. */
const firstWordDraw = 2;

interface Turn {
  /** As JSON strings without quotes. */
  readonly question: string;
  /** `undefined` for the last one of a request, which is not answered yet. */
  readonly answer: string | undefined;
}

/**
 * The body of a question to a language model as each request of a run has it: a pure function of seed and number, so that every
 * method is asked the same. In a session the earlier turns stand before the new one, with answers that are drawn or the
 * file's: what a server has really answered would differ from method to method.
 */
export class PromptBody {
  readonly #kept = new Map<string, string>();
  #keptLength = 0;
  readonly #zipf: readonly number[];

  constructor(
    readonly body: LlmBody,
    readonly seed: number,
    readonly sessions?: Sessions | undefined,
  ) {
    const { prompt } = body;
    this.#zipf = prompt.kind === 'trace' || prompt.prefix === undefined ? [] : zipfLimits(prompt.prefix);
  }

  textOf(index: number): string {
    const { session, turn } = this.sessions?.turnOf(index) ?? { session: index, turn: 0 };
    const { prompt } = this.body;
    const turns: Turn[] = [];
    for (let at = 0; at <= turn; at += 1) turns.push(this.#turnOf(session, at, at < turn));
    const prefix = prompt.kind === 'trace' ? undefined : this.#prefixOf(prompt.prefix, session);
    return `{${this.body.members},${this.#asked(prefix, turns)}${this.#outputOf(session, turn)}}`;
  }

  #asked(prefix: string | undefined, turns: readonly Turn[]): string {
    if (this.body.api === 'completions') {
      const texts = turns.flatMap(({ question, answer }) =>
        answer === undefined ? [question] : [question, answer],
      );
      return `"prompt":"${[...(prefix === undefined ? [] : [prefix]), ...texts].join(' ')}"`;
    }
    let messages = prefix === undefined ? '' : `{"role":"system","content":"${prefix}"},`;
    for (const { question, answer } of turns) {
      messages += `{"role":"user","content":"${question}"}`;
      if (answer !== undefined) messages += `,{"role":"assistant","content":"${answer}"},`;
    }
    return `"messages":[${messages}]`;
  }

  #turnOf(session: number, turn: number, isAnswered: boolean): Turn {
    const { prompt } = this.body;
    switch (prompt.kind) {
      case 'texts': {
        const { texts } = prompt;
        const at = 2 * turnIndex(texts, session, turn);
        return { question: textAt(texts, at), answer: isAnswered ? textAt(texts, at + 1) : undefined };
      }
      case 'drawn': {
        const seed = this.#seedOf('question', turn);
        const length = lengthOf(prompt.tokens, seed, session, 0);
        return {
          question: drawnWords(length, seed, session, firstWordDraw),
          answer: isAnswered ? this.#drawnAnswer(session, turn) : undefined,
        };
      }
      case 'trace':
        return { question: this.#tracedPrompt(prompt.trace, session), answer: undefined };
    }
  }

  #drawnAnswer(session: number, turn: number): string {
    const length = this.#outputTokens(session, turn) ?? 1;
    return drawnWords(length, this.#seedOf('answer', turn), session, firstWordDraw);
  }

  #tracedPrompt({ inputTokens, blocks, ...trace }: Trace, index: number): string {
    const row = rowOf(trace.dueUs.length, index);
    const length = inputTokens[row] as number;
    const seed = this.#seedOf('question', 0);
    if (blocks === undefined) return drawnWords(length, seed, index, firstWordDraw);
    const texts: string[] = [];
    let left = length;
    for (
      let at = row === 0 ? 0 : (blocks.ends[row - 1] as number);
      at < (blocks.ends[row] as number);
      at += 1
    ) {
      const words = Math.min(left, blocks.tokens);
      if (words <= 0) break;
      const text = this.#block(blocks.ids[at] as number, blocks.tokens, index >= warmupIndexBase);
      texts.push(words === blocks.tokens ? text : text.split(' ', words).join(' '));
      left -= words;
    }
    if (left > 0) texts.push(drawnWords(left, seed, index, firstWordDraw));
    return texts.join(' ');
  }

  /** A warm-up has other texts than the run, which it must not bring into a cache. */
  #block(id: number, tokens: number, isWarmup: boolean): string {
    const number = id + (isWarmup ? warmupIndexBase : 0);
    return this.#keep(`b${number}`, () => drawnWords(tokens, this.#seedOf('block', 0), number, 0));
  }

  #prefixOf(prefix: SharedPrefix | undefined, session: number): string | undefined {
    if (prefix === undefined) return undefined;
    const draw = randomUnit(this.#seedOf('prefix', 0), session, 0);
    let group = 0;
    while (group < prefix.count - 1 && draw >= (this.#zipf[group] as number)) group += 1;
    const number = group + (session >= warmupIndexBase ? warmupIndexBase : 0);
    return this.#keep(`p${number}`, () =>
      drawnWords(prefix.tokens, this.#seedOf('prefixText', 0), number, 0),
    );
  }

  #outputOf(session: number, turn: number): string {
    const { outputMember, isExact } = this.body;
    const tokens = outputMember === undefined ? undefined : this.#outputTokens(session, turn);
    if (tokens === undefined) return '';
    return `,"${outputMember}":${tokens}${isExact ? `,"ignore_eos":true,"min_tokens":${tokens}` : ''}`;
  }

  #outputTokens(session: number, turn: number): number | undefined {
    const { output, prompt } = this.body;
    if (output !== undefined) return lengthOf(output, this.#seedOf('answer', turn), session, 0);
    if (prompt.kind === 'drawn') return undefined;
    const tokens =
      prompt.kind === 'trace'
        ? prompt.trace.outputTokens[rowOf(prompt.trace.dueUs.length, session)]
        : prompt.texts.outputTokens[turnIndex(prompt.texts, session, turn)];
    return tokens === 0 ? undefined : tokens;
  }

  #seedOf(purpose: keyof typeof purposes, turn: number): number {
    return randomUint32(this.seed, turn, purposes[purpose]);
  }

  #keep(key: string, make: () => string): string {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const made = make();
    if (this.#keptLength + made.length > mostKept) {
      this.#kept.clear();
      this.#keptLength = 0;
    }
    this.#kept.set(key, made);
    this.#keptLength += made.length;
    return made;
  }
}

/** One after another, from the first again after the last; a warm-up takes them from the end. */
function rowOf(rows: number, index: number): number {
  return index < warmupIndexBase ? index % rows : rows - 1 - ((index - warmupIndexBase) % rows);
}

/** A conversation that is shorter than its session goes on with what comes next in the file. */
function turnIndex({ firstTurns, outputTokens }: PromptTexts, session: number, turn: number): number {
  return ((firstTurns[rowOf(firstTurns.length, session)] as number) + turn) % outputTokens.length;
}

function textAt({ bytes, ends }: PromptTexts, at: number): string {
  const start = at === 0 ? 0 : (ends[at - 1] as number);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, (ends[at] as number) - start).toString('utf8');
}

/** Below which draw each prefix ends. */
function zipfLimits({ count, zipf }: SharedPrefix): readonly number[] {
  const weights = Array.from({ length: count }, (_, index) => (index + 1) ** -zipf);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum / total;
  });
}
