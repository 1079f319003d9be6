import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { InferenceBehaviour } from '../../model/plan.js';
import { Answer } from './answer.js';
import { Batch } from './batch.js';
import { metricsText } from './metrics.js';
import { type Api, errorJson, readQuestion } from './openai.js';
import { PrefixCache } from './prefix-cache.js';
import { presets } from './presets.js';

/** vLLM's default. */
const blockTokens = 16;
/** A process that stood still longer than this does not hurry through what it has missed. */
const mostBehindMs = 250;

/**
 * An inference server: OpenAI's two APIs, and counters in vLLM's names, in front of a batch that takes its steps in time.
 * A step is due by the end of the one before, not by the moment in which a timer woke up, so that no time is lost.
 */
export class InferenceService {
  readonly #behaviour: InferenceBehaviour;
  readonly #batch: Batch;
  readonly #cache: PrefixCache;
  /** Factor on every time; above 1 for a server that was made slow. */
  slowness = 1;
  #asked = 0;
  #model = 'demo';
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;

  constructor(behaviour: InferenceBehaviour, seed: number) {
    this.#behaviour = behaviour;
    this.#cache = new PrefixCache(behaviour.cacheTokens, blockTokens);
    this.#batch = new Batch(presets[behaviour.preset], behaviour.slots, this.#cache, seed);
  }

  /** Forgets all prompts. */
  clearCache(): void {
    this.#cache.clear();
  }

  /** Answers what needs no body; false for what it does not know. */
  get(path: string, response: ServerResponse): boolean {
    switch (path) {
      case '/metrics': {
        const { waiting, running, heldTokens, counters } = this.#batch;
        const { cacheTokens, slots } = this.#behaviour;
        const usage = cacheTokens === 0 ? running / slots : Math.min(1, heldTokens / cacheTokens);
        const text = metricsText(this.#model, { ...counters, running, waiting, usage });
        send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text);
        return true;
      }
      case '/v1/models':
        sendJson(response, 200, {
          object: 'list',
          data: [{ id: this.#model, object: 'model', owned_by: 'lbbench' }],
        });
        return true;
      case '/health':
        send(response, 200, 'text/plain', '');
        return true;
      default:
        return false;
    }
  }

  /** @param body `undefined` for one that was too long */
  ask(api: Api, body: string | undefined, response: ServerResponse): void {
    if (body === undefined) {
      sendJson(response, 413, errorJson('expected a shorter body', 'BadRequestError', 413));
      return;
    }
    const asked = readQuestion(api, body, blockTokens);
    if (!asked.ok) {
      sendJson(response, 400, errorJson(asked.message, 'BadRequestError', 400));
      return;
    }
    const { question } = asked;
    this.#model = question.model;
    this.#asked += 1;
    const answer = new Answer(this.#asked, question, this.#behaviour, response);
    const sequence = {
      prompt: question.prompt,
      outputTokens: question.outputTokens,
      onToken: (progress: Parameters<Answer['token']>[0]) => {
        if (!answer.token(progress)) this.#batch.cancel(sequence);
      },
    };
    if (!answer.begin()) return;
    // Nobody generates for a client that has gone.
    response.once('close', () => this.#batch.cancel(sequence));
    this.#batch.submit(sequence);
    if (this.#timer === undefined) this.#beginAt(performance.now());
  }

  #beginAt(startMs: number): void {
    const ms = this.#batch.begin();
    if (ms === undefined) {
      this.#timer = undefined;
      return;
    }
    this.#dueMs = startMs + (ms * this.slowness) / this.#behaviour.speed;
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, this.#dueMs - performance.now()));
  }

  #wake(): void {
    const nowMs = performance.now();
    // Node's timers keep whole milliseconds, so that one may wake a little early.
    if (nowMs < this.#dueMs) {
      this.#timer = setTimeout(() => this.#wake(), this.#dueMs - nowMs);
      return;
    }
    this.#batch.end();
    this.#beginAt(nowMs - this.#dueMs > mostBehindMs ? nowMs : this.#dueMs);
  }
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(bytes);
}
