import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { BackendBehaviour, LabEvent } from '../../model/plan.js';
import { socketAddress } from '../address.js';
import type { Api } from '../inference/openai.js';
import { InferenceService } from '../inference/service.js';
import { listen } from '../listen.js';
import { latencies, slowed, slowFactor } from './latency.js';
import { type ServiceAnswer, serve, text } from './service.js';
import { Slots } from './slots.js';

/** Everything a demo backend is started with. */
export interface BackendPlan {
  /** As nginx prints it: `127.0.0.1:8001`, `[::1]:8001`, `unix:/run/a.sock`. */
  readonly address: string;
  readonly behaviour: BackendBehaviour;
  readonly seed: number;
}

/** A longer request body is answered 413. */
export const bodyLimitBytes = 1_048_576;
/** For inference, whose prompts may be long. */
const promptLimitBytes = 16 * 1_048_576;

const inferencePaths: Readonly<Record<string, Api>> = {
  '/v1/chat/completions': 'chat',
  '/v1/completions': 'completions',
};

type Mode = 'normal' | 'hang' | 'slow' | 'error';

/** One demo backend: the service of `service.ts` behind an HTTP server that can be made to fail on purpose. */
export class DemoBackend {
  readonly #plan: BackendPlan;
  readonly #slots: Slots;
  readonly #nextLatencyMs: () => number;
  readonly #server: number | string;
  readonly #http: Server;
  readonly #inference: InferenceService | undefined;
  #mode: Mode = 'normal';
  #received = 0;

  constructor(plan: BackendPlan) {
    const address = socketAddress(plan.address);
    this.#plan = plan;
    this.#server = 'port' in address ? address.port : plan.address;
    this.#slots = new Slots(plan.behaviour.slots);
    this.#nextLatencyMs = latencies(plan.behaviour, plan.seed);
    const { llm } = plan.behaviour;
    this.#inference = llm === undefined ? undefined : new InferenceService(llm, plan.seed);
    this.#http = createServer((request, response) => this.#handle(request, response));
    // Idle connections stay open as long as nginx keeps its own (75 s), so that no client loses one by surprise.
    this.#http.keepAliveTimeout = 75_000;
  }

  /** Requests received since the start, whatever became of them. */
  get received(): number {
    return this.#received;
  }

  /** Listens. @throws {LbbenchError} when nobody can listen there */
  async listen(): Promise<void> {
    if (this.#http.listening) return;
    await listen(this.#http, socketAddress(this.#plan.address), 'a demo backend');
  }

  /** Is as new for the next run: what it remembers of earlier requests is forgotten. */
  renew(): void {
    this.#inference?.clearCache();
  }

  /** Closes the listener and every connection. A unix socket's file is gone when this returns. */
  close(): void {
    this.#http.close();
    this.#http.closeAllConnections();
  }

  /**
   * A step of the failover drill. `stop` closes the listener and all connections; `hang` accepts and never answers;
   * `slow` takes ten times as long; `error` answers 503 at once; `start` makes the server healthy again, closing
   * the connections it has left hanging, as a restart would.
   */
  async act(action: LabEvent['action']): Promise<void> {
    if (action === 'stop') {
      this.close();
      return;
    }
    if (this.#mode === 'hang' && action !== 'hang') this.#http.closeAllConnections();
    this.#mode = action === 'start' ? 'normal' : action;
    if (this.#inference !== undefined) this.#inference.slowness = this.#mode === 'slow' ? slowFactor : 1;
    await this.listen();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?', 1)[0] ?? '';
    // Who looks at it does not ask it for work.
    if (request.method === 'GET' && this.#inference?.get(path, response)) return;
    this.#received += 1;
    if (this.#mode === 'hang') {
      request.resume();
      return;
    }
    if (this.#mode === 'error') {
      request.resume();
      answer(response, text(503, `Error from: ${this.#server}`));
      return;
    }
    const api = request.method === 'POST' ? inferencePaths[path] : undefined;
    if (api !== undefined && this.#inference !== undefined) {
      readBody(request, promptLimitBytes, (body) => this.#inference?.ask(api, body, response));
      return;
    }
    const hasBody =
      request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    if (!hasBody) this.#work(request, response, '');
    else readBody(request, bodyLimitBytes, (body) => this.#work(request, response, body));
  }

  /** Takes a slot, spends the latency, answers. `undefined` is a body that was too long. */
  #work(request: IncomingMessage, response: ServerResponse, body: string | undefined): void {
    const usualMs = this.#nextLatencyMs();
    const latencyMs = this.#mode === 'slow' ? slowed(usualMs) : usualMs;
    const finish = () => {
      this.#slots.release();
      if (!response.destroyed) answer(response, this.#reply(request, body));
    };
    const start = () => {
      response.off('close', leave);
      if (latencyMs === 0) finish();
      else setTimeout(finish, latencyMs);
    };
    // A client that gives up while queued never takes a slot; work that has begun goes on to its end, as in most servers.
    const leave = () => {
      this.#slots.cancel(start);
    };
    response.once('close', leave);
    this.#slots.acquire(start);
  }

  #reply(request: IncomingMessage, body: string | undefined): ServiceAnswer {
    if (body === undefined) return text(413, `expected a body of at most ${bodyLimitBytes} bytes`);
    const { method = '', url: target = '' } = request;
    return serve({ method, target, body }, this.#server, new Date().toISOString());
  }
}

function answer(response: ServerResponse, { status, contentType, body }: ServiceAnswer): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(bytes);
}

/** Reads a body to its end, keeping no more than the limit; `undefined` when it was longer. */
function readBody(
  request: IncomingMessage,
  limitBytes: number,
  done: (body: string | undefined) => void,
): void {
  let chunks: Buffer[] = [];
  let sizeBytes = 0;
  request.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes <= limitBytes) chunks.push(chunk);
    else chunks = [];
  });
  request.on('end', () => {
    done(sizeBytes <= limitBytes ? Buffer.concat(chunks, sizeBytes).toString() : undefined);
  });
  request.on('error', () => {
    // The client went away in the middle of its body; there is nobody to answer.
  });
}
