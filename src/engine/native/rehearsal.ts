import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { WireName } from '../../model/plan.js';
import type { LoadJob } from '../load-job.js';
import { nowUs } from '../monotonic-clock.js';
import { LocalPool } from '../request-pool.js';
import { warmupIndexBase } from '../warmup.js';
import { ClosedPacer } from './closed-pacer.js';
import { loadLibc } from './kernel/libc.js';
import { RehearsalPeer } from './kernel/rehearsal-peer.js';
import { LoadLoop } from './load-loop.js';
import { NodeWire } from './node-wire.js';
import { type OpenedWire, openKernelWire } from './open-wire.js';

/** A rehearsal ends with the first of these. */
const mostUs = 120_000;
const mostRequests = 4_000;
const mostConnections = 400;
/** Some places have several answers come in one turn, as in a run. */
const places = 10;
/** More of a body than goes into one read would not come whole. */
const longestBody = 1_000;
/** Those of a warm-up, so that what counts requests (the records of data, sessions) finds a beginning to count from. */
const firstIndex = warmupIndexBase;

/** On the other side in a rehearsal. */
interface Peer {
  readonly port: number;
  close(): void;
}

/**
 * Drives a thread's whole path (encode, send, receive, parse, attribute, book) against a peer of its own before anything is
 * measured, so that it is compiled when the first request of the run is sent. Nothing of it goes to the target, and
 * nothing is counted.
 *
 * @param name of the wire that the run goes over
 * @param signal aborted: it ends
 */
export async function rehearse(job: LoadJob, name: WireName, signal: AbortSignal): Promise<void> {
  const stage = await stageOf(job, name);
  if (stage === undefined) return;
  const { peer, opened } = stage;
  const loop = new LoadLoop(rehearsed(job, peer.port), opened);
  const stop = () => loop.stop();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    const pool = new LocalPool(job.load.keepAlive ? mostRequests : mostConnections);
    const pacer = new ClosedPacer(
      { placesAt: () => places, nextChangeUs: () => Number.POSITIVE_INFINITY },
      { claim: () => numbered(pool.claim()) },
      mostUs,
    );
    const { tally } = await loop.runPhase(pacer, nowUs());
    tally.release();
  } finally {
    signal.removeEventListener('abort', stop);
    loop.close();
    opened.wire.close();
    peer.close();
  }
}

/** A peer and a wire to it; `undefined` where no socket is to be had, which the run itself will say. */
async function stageOf(
  job: LoadJob,
  name: WireName,
): Promise<{ readonly peer: Peer; readonly opened: OpenedWire } | undefined> {
  const answers = answersOf(job);
  const use = { name, clock: name === 'node' ? 'process' : 'kernel', why: undefined } as const;
  try {
    const libc = name === 'node' ? undefined : await loadLibc();
    if (name === 'node' || typeof libc !== 'object') {
      const peer = await NodePeer.listen(answers);
      return { peer, opened: { wire: new NodeWire(targetOf(job, peer.port), '127.0.0.1', []), use } };
    }
    const peer = new RehearsalPeer(libc, answers, job.load.keepAlive);
    const wire = await openKernelWire(name, targetOf(job, peer.port), loadOf(job), '127.0.0.1');
    if (typeof wire === 'string') {
      peer.close();
      return undefined;
    }
    wire.peer = peer;
    return { peer, opened: { wire, use } };
  } catch {
    return undefined;
  }
}

function numbered(index: number): number {
  return index < 0 ? index : firstIndex + index;
}

function targetOf({ target }: LoadJob, port: number): LoadJob['target'] {
  return { ...target, host: '127.0.0.1', port, socketPath: undefined, tls: undefined };
}

function loadOf({ load }: LoadJob): LoadJob['load'] {
  const { wire, keepAlive, httpVersion, arrivals } = load;
  return {
    model: 'closed',
    requests: mostRequests,
    durationMs: undefined,
    concurrency: places,
    ratePerSec: undefined,
    arrivals,
    warmup: undefined,
    keepAlive,
    httpVersion,
    timeoutMs: 1_000,
    sourceAddresses: [],
    wire,
  };
}

/** The same requests, but for bodies that would not come in one piece, and answers that have none. */
function rehearsed(job: LoadJob, port: number): LoadJob {
  return {
    ...job,
    target: targetOf(job, port),
    load: loadOf(job),
    requests: job.requests.map((request) => ({
      ...request,
      method: request.method === 'HEAD' ? 'GET' : request.method,
      body:
        request.body?.kind === 'bytes' && request.body.bytes.length > longestBody ? undefined : request.body,
    })),
    runId: undefined,
    samples: false,
  };
}

/** As two backends would answer in turn. */
function answersOf({ attribution }: LoadJob): readonly Buffer[] {
  const header = attribution.by === 'header' ? attribution.name : 'x-upstream';
  return [1, 2].map((backend) =>
    Buffer.from(
      `HTTP/1.1 200 OK\r\nServer: lbbench\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n${header}: 127.0.0.1:${backend}\r\n\r\nhello`,
    ),
  );
}

/** For `node:net`, which is served by the same event loop. */
class NodePeer implements Peer {
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket));
  #served = 0;

  private constructor(readonly answers: readonly Buffer[]) {}

  static async listen(answers: readonly Buffer[]): Promise<NodePeer> {
    const peer = new NodePeer(answers);
    peer.#server.listen(0, '127.0.0.1');
    await once(peer.#server, 'listening');
    return peer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', () => socket.write(this.answers[this.#served++ % 2] as Buffer));
  }
}
