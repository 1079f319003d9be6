import type { ServerResponse } from 'node:http';
import type { InferenceBehaviour, Mishap } from '../../model/plan.js';
import type { Progress } from './batch.js';
import {
  choiceOf,
  envelope,
  errorJson,
  type Piece,
  type Question,
  usageJson,
  wholeChoice,
} from './openai.js';
import { answerWord } from './tokens.js';

/** One answer on its way out: a stream of events, or a whole one. */
export class Answer {
  readonly #envelope: string;
  readonly #reasoningTokens: number;
  readonly #mishap: { readonly kind: 'cut' | 'error'; readonly afterTokens: number } | undefined;
  readonly #promptKey: number;
  /** Output that has not been sent. */
  #reasoning = '';
  #text = '';
  #pending = 0;
  #generated = 0;
  #cachedTokens = 0;
  #hasRole = false;

  /** @param number of the answer since the server's start, 1-based */
  constructor(
    number: number,
    readonly question: Question,
    readonly behaviour: InferenceBehaviour,
    readonly response: ServerResponse,
  ) {
    const { cut, error, reasoningTokens } = behaviour;
    this.#mishap = happens('cut', cut, number) ?? happens('error', error, number);
    // What is last is no reasoning.
    this.#reasoningTokens =
      question.api === 'chat' ? Math.min(reasoningTokens, question.outputTokens - 1) : 0;
    this.#promptKey = (question.prompt.blockKeys.at(-1) ?? question.prompt.count) | 0;
    const createdSec = Math.floor(Date.now() / 1000);
    this.#envelope = JSON.stringify(envelope(number, question, question.isStream, createdSec)).slice(0, -1);
  }

  /** Sends what precedes the first token; false when it is over then. */
  begin(): boolean {
    const { isStream } = this.question;
    const { head, role } = this.behaviour;
    if (isStream && head === 'early') this.#sendHead();
    if (isStream && role === 'early') this.#sendRole();
    return this.#goesOn();
  }

  /** Takes the next token; false when nothing more is to come. */
  token({ cachedTokens, generated, isDone }: Progress): boolean {
    const { isStream } = this.question;
    this.#generated = generated;
    this.#cachedTokens = cachedTokens;
    const word = `${answerWord(this.#promptKey, generated - 1)} `;
    if (generated <= this.#reasoningTokens) this.#reasoning += word;
    else this.#text += word;
    this.#pending += 1;
    if (isStream) {
      if (this.#pending >= this.behaviour.tokensPerEvent || isDone || this.#isMishap()) this.#flush();
      if (!this.#goesOn()) return false;
      if (isDone) this.#finishStream();
    } else {
      if (!this.#goesOn()) return false;
      if (isDone) this.#sendWhole();
    }
    return !isDone;
  }

  #flush(): void {
    const { role } = this.behaviour;
    this.#sendHead();
    if (role !== 'none' && !this.#hasRole) this.#sendRole();
    if (this.#reasoning !== '') this.#sendChunk({ kind: 'reasoning', text: this.#reasoning });
    if (this.#text !== '') this.#sendChunk({ kind: 'text', text: this.#text });
    this.#reasoning = '';
    this.#text = '';
    this.#pending = 0;
  }

  #sendHead(): void {
    if (this.response.headersSent) return;
    this.response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache',
      ...(this.behaviour.isUnbuffered ? { 'X-Accel-Buffering': 'no' } : {}),
    });
    this.response.flushHeaders();
  }

  #sendRole(): void {
    this.#hasRole = true;
    if (this.question.api !== 'chat') return;
    this.#sendHead();
    this.#sendChunk({ kind: 'role' });
  }

  #sendChunk(piece: Piece): void {
    const { api, includeUsage, continuousUsage } = this.question;
    const asked = includeUsage && this.behaviour.usage !== 'never';
    const usage = !asked ? '' : `,"usage":${continuousUsage ? this.#usageText() : 'null'}`;
    this.response.write(
      `data: ${this.#envelope},"choices":[${JSON.stringify(choiceOf(api, piece))}]${usage}}\n\n`,
    );
  }

  #finishStream(): void {
    const { finish, includeUsage } = this.question;
    this.#sendChunk({ kind: 'finish', reason: finish });
    if (includeUsage && this.behaviour.usage !== 'never') {
      const choices = this.behaviour.usage === 'null-choices' ? 'null' : '[]';
      this.response.write(`data: ${this.#envelope},"choices":${choices},"usage":${this.#usageText()}}\n\n`);
    }
    this.response.end('data: [DONE]\n\n');
  }

  #sendWhole(): void {
    const { api, finish } = this.question;
    const choice = wholeChoice(api, this.#text.trimEnd(), this.#reasoning.trimEnd(), finish);
    const usage = this.behaviour.usage === 'never' ? '' : `,"usage":${this.#usageText()}`;
    const body = Buffer.from(`${this.#envelope},"choices":[${JSON.stringify(choice)}]${usage}}`);
    this.response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    this.response.end(body);
  }

  #usageText(): string {
    return JSON.stringify(
      usageJson({
        prompt: this.question.prompt.count,
        completion: this.#generated,
        cached: this.#cachedTokens,
        reasoning: Math.min(this.#generated, this.#reasoningTokens),
      }),
    );
  }

  #isMishap(): boolean {
    return this.#mishap !== undefined && this.#generated >= this.#mishap.afterTokens;
  }

  /** Lets a mishap happen when it is its time; false then. */
  #goesOn(): boolean {
    if (this.#mishap === undefined || !this.#isMishap()) return true;
    const { isStream } = this.question;
    const error = JSON.stringify(errorJson('the engine has died', 'InternalServerError', 500));
    if (this.#mishap.kind === 'cut') {
      // What was written before still arrives; the end of the body does not.
      if (this.response.headersSent) this.response.socket?.destroySoon();
      else this.response.socket?.destroy();
    } else if (isStream) {
      this.#sendHead();
      this.response.end(`data: ${error}\n\ndata: [DONE]\n\n`);
    } else {
      this.response.writeHead(500, { 'Content-Type': 'application/json' }).end(error);
    }
    return false;
  }
}

function happens(kind: 'cut' | 'error', mishap: Mishap | undefined, number: number) {
  if (mishap === undefined || number % mishap.every !== 0) return undefined;
  return { kind, afterTokens: mishap.afterTokens };
}
