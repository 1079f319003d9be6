import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { performance } from 'node:perf_hooks';
import type { Algorithm } from '../../model/algorithm.js';
import type { ServerLine } from '../../model/upstream.js';
import { parseRequestTarget } from '../../nginx/target.js';
import { listenError, socketAddress } from '../address.js';
import type { Certificate } from '../certificate.js';
import { listen } from '../listen.js';
import { AccessLog, type LostLines } from './access-log.js';
import { type Balancing, balancingBy } from './balancing.js';
import { Exchange, type Exchanged, type ExchangeOptions } from './exchange.js';
import { logLine, timeLocal } from './log-line.js';

/** Everything the embedded balancer is started with. */
export interface ProxyPlan {
  readonly poolName: string;
  readonly servers: readonly ServerLine[];
  readonly algorithm: Algorithm;
  readonly seed: number;
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Longest wait for a connection to a backend, and for its next byte. nginx's default is 60 s. */
  readonly timeoutMs: number;
  /** `undefined` without TLS. */
  readonly certificate?: Certificate | undefined;
  readonly accessLog: string;
}

/**
 * A small HTTP/1.1 reverse proxy that balances with the models of nginx's own methods.
 *
 * Connections to the backends are kept and used again, unlike nginx 1.22's: what would be one port in TIME_WAIT a
 * request limits nothing then, and the choice of the backend is not touched by it. Hop-by-hop headers stay behind, each piece
 * of a body goes on as it comes, upgrades are not passed on.
 */
export class ReverseProxy {
  readonly #plan: ProxyPlan;
  readonly #http: Server;
  readonly #options: ExchangeOptions;
  readonly #log: AccessLog;
  #balancing: Balancing;
  #clock = { second: -1, timeLocal: '' };

  constructor(plan: ProxyPlan) {
    this.#plan = plan;
    this.#log = new AccessLog(plan.accessLog);
    this.#options = {
      poolName: plan.poolName,
      scheme: plan.certificate === undefined ? 'http' : 'https',
      timeoutMs: plan.timeoutMs,
      nowSec: () => Math.floor(performance.now() / 1_000),
      backends: plan.servers.map(({ address }) => ({
        address,
        socket: socketAddress(address),
        agent: new Agent({ keepAlive: true, maxFreeSockets: 1_024, scheduling: 'lifo' }),
      })),
    };
    this.#balancing = balancingBy(plan, plan.algorithm);
    const handle = (request: IncomingMessage, response: ServerResponse) => this.#handle(request, response);
    const { certificate } = plan;
    this.#http = certificate === undefined ? createServer(handle) : createTlsServer(certificate, handle);
    // As nginx: idle clients are cut after 75 s, never after a number of requests.
    this.#http.keepAliveTimeout = 75_000;
    this.#http.requestTimeout = 0;
  }

  /** Listens and tells the port. @throws {LbbenchError} when the port is taken */
  async listen(): Promise<number> {
    await listen(this.#http, { host: '127.0.0.1', port: this.#plan.port }, 'the embedded balancer');
    const address = this.#http.address();
    if (address === null || typeof address === 'string') {
      throw listenError('the embedded balancer', `127.0.0.1:${this.#plan.port}`, new Error('it has no port'));
    }
    return address.port;
  }

  /**
   * Balances by another method from now on, with fresh state, as nginx does after a reload.
   *
   * @throws {LbbenchError} when the models do not know a variable of its key
   */
  use(algorithm: Algorithm): void {
    this.#balancing = balancingBy(this.#plan, algorithm);
  }

  /** Lines of the access log that were lost since this was asked last. */
  lostLines(): LostLines | undefined {
    return this.#log.takeLost();
  }

  close(): void {
    this.#http.close();
    this.#http.closeAllConnections();
    this.#log.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const remoteAddress = request.socket.remoteAddress ?? '';
    const target = parseRequestTarget(request.url ?? '')?.raw;
    const attempts = target === undefined ? undefined : this.#balancing(request, remoteAddress);
    if (target === undefined || attempts === undefined) {
      request.resume();
      response.writeHead(400, { 'Content-Length': 0 }).end();
      this.#log.append(this.#line(request, remoteAddress, { status: 400, bodyBytes: 0, upstream: '-' }));
      return;
    }
    new Exchange(request, target, response, attempts, this.#options, (exchanged) => {
      this.#log.append(this.#line(request, remoteAddress, exchanged));
    });
  }

  #line(request: IncomingMessage, remoteAddress: string, exchanged: Exchanged): string {
    const { headers } = request;
    const forwardedFor = headers['x-forwarded-for'];
    const logged = {
      ...exchanged,
      remoteAddress,
      method: request.method ?? '',
      target: request.url ?? '',
      httpVersion: request.httpVersion,
      authorization: headers.authorization,
      referer: headers.referer,
      userAgent: headers['user-agent'],
      forwardedFor: typeof forwardedFor === 'string' ? forwardedFor : forwardedFor?.join(', '),
    };
    const now = Date.now();
    const second = Math.floor(now / 1_000);
    if (second !== this.#clock.second) this.#clock = { second, timeLocal: timeLocal(new Date(now)) };
    return logLine(logged, this.#clock.timeLocal);
  }
}
