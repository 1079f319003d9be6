import { createBalancer } from '../balancing/balancer.js';
import { type KeyedServer, keyedServerOf } from '../balancing/keyed-server.js';
import { decisionOf } from '../balancing/method/methods.js';
import { Replay } from '../balancing/replay.js';
import { type PlacedRequest, PlacementCheck } from '../distribution/placement-check.js';
import type { LoadJob, LoadResult } from '../engine/load-job.js';
import type { Algorithm } from '../model/algorithm.js';
import type { Plan } from '../model/plan.js';
import type { Prediction } from '../model/prediction.js';
import type { Sample } from '../model/sample.js';
import type { Upstream } from '../model/upstream.js';
import type { Warning } from '../model/warning.js';
import { sanitize } from '../text/sanitize.js';
import { clientAddresses, requestKeyOf } from './request-key.js';

/** Watches a run and compares who serves its requests with the model of nginx's method. */
export interface ModelWatch {
  record(sample: Sample): void;
  /** `undefined` when the run does not allow the comparison after all. */
  result(
    result: LoadResult,
  ): { readonly prediction: Prediction; readonly warnings: readonly Warning[] } | undefined;
}

/** Whether the model can say who should serve each request of a run. */
export function isPredictable(plan: Plan, algorithm: Algorithm | undefined): boolean {
  return predictablePool(plan, algorithm) !== undefined;
}

/** @returns `undefined` when the model cannot say who should serve the requests */
export function watchModel(
  plan: Plan,
  job: LoadJob,
  algorithm: Algorithm | undefined,
): ModelWatch | undefined {
  const pool = predictablePool(plan, algorithm);
  if (pool === undefined) return undefined;
  if (decisionOf(pool.algorithm).by === 'turn') return turnWatch(job, pool);
  const serverOf = keyedServerOf(pool);
  const keyOf = requestKeyOf(job, pool.algorithm);
  if (serverOf === undefined || keyOf === undefined) return undefined;
  return keyWatch(job, pool, serverOf, keyOf, plan.lab === undefined);
}

/**
 * The pool whose picks can be told from the requests alone: by a hash, also behind a balancer that runs already, as long
 * as its configuration is known and it sees the client addresses that we know of; by round robin only in a lab,
 * whose state is fresh and single, with one request at a time.
 */
function predictablePool(plan: Plan, algorithm: Algorithm | undefined): Upstream | undefined {
  const { lab, load } = plan;
  if (lab === undefined)
    return plan.pool !== undefined && isKeyKnown(plan, plan.pool) ? plan.pool : undefined;
  if (algorithm === undefined) return undefined;
  const servers = lab.servers.map(({ line }) => line);
  const pool: Upstream = { name: '', servers, algorithm, zone: undefined, keepalive: undefined };
  const { by } = decisionOf(algorithm);
  if (by === 'key') return pool;
  const hasOneState = lab.workers === 1 || lab.zone;
  const isSequential = load.model === 'closed' && load.concurrency === 1 && plan.threads === 1;
  const isWarmupCounted = load.warmup === undefined || 'requests' in load.warmup;
  const isTold = by === 'turn' && hasOneState && isSequential && isWarmupCounted;
  return isTold ? pool : undefined;
}

/** Between us and a balancer elsewhere addresses may be translated; on loopback, and with addresses of our own, they are not. */
function isKeyKnown({ target, load }: Plan, { algorithm }: Upstream): boolean {
  const decision = decisionOf(algorithm);
  if (decision.by !== 'key') return false;
  const ofClient = /remote_addr|forwarded_for/i.test(decision.template);
  const host = target?.socketPath === undefined ? (target?.host ?? '') : '';
  return !ofClient || load.sourceAddresses.length > 0 || /^127\.|^::1$/.test(host);
}

/** A hash: the key of each request names its server. */
function keyWatch(
  job: LoadJob,
  { servers, algorithm }: Upstream,
  serverOf: KeyedServer,
  keyOf: (index: number) => string | undefined,
  ranAlready: boolean,
): ModelWatch {
  const check = new PlacementCheck({
    addresses: servers.map(({ address }) => address),
    isKeyed: true,
    // nginx counts whole seconds, so a server may stay out up to one longer.
    failureMs: (Math.max(...servers.map(({ failTimeoutSec }) => failTimeoutSec)) + 1) * 1000,
  });
  const clients = clientAddresses(job);
  const addressOf = (key: string | undefined, client: number) => {
    const server = key === undefined ? undefined : serverOf(key, clients[client] ?? '');
    return server === undefined ? undefined : servers[server]?.address;
  };
  // The engine takes its addresses in turn, and ip_hash looks at nothing else.
  const known =
    algorithm.method === 'ip_hash'
      ? clients.map((_, client) => {
          const key = keyOf(client);
          return { key, address: addressOf(key, client) };
        })
      : undefined;
  return {
    record(sample) {
      const client = sample.index % clients.length;
      const of = known?.[client];
      const key = of === undefined ? keyOf(sample.index) : of.key;
      check.record(placed(sample, key, of === undefined ? addressOf(key, client) : of.address));
    },
    result: () => outcomeOf(check.result(), ranAlready),
  };
}

/** Round robin: the number of requests before it names each one's server. */
function turnWatch(job: LoadJob, upstream: Upstream): ModelWatch {
  const { servers } = upstream;
  const check = new PlacementCheck({
    addresses: servers.map(({ address }) => address),
    isKeyed: false,
    // A failure changes weights, and from then on the turn cannot be told from outside.
    failureMs: Number.POSITIVE_INFINITY,
  });
  const replay = new Replay(createBalancer(upstream));
  const { warmup } = job.load;
  const before = warmup !== undefined && 'requests' in warmup ? warmup.requests : 0;
  for (let request = 0; request < before; request += 1) replay.pickAlone('', '');
  return {
    record(sample) {
      const server = replay.pickAlone('', '');
      const predicted = server === undefined ? undefined : servers[server]?.address;
      check.record(placed(sample, undefined, predicted));
    },
    // A request of the warm-up that got lost may or may not have been somebody's turn.
    result: ({ warmup: done }) =>
      (done?.responses ?? 0) === before ? outcomeOf(check.result(), false) : undefined,
  };
}

/** What may be the matter with a balancer that somebody else has configured. */
const configuredElsewhere =
  '; is this the block that serves the target, as it was loaded, and does nothing on the way change what the key is made of?';

/** One literal, because this is done for every response: spreading another object into it takes ten times as long. */
function placed(sample: Sample, key: string | undefined, predicted: string | undefined): PlacedRequest {
  const { status, outcome } = sample;
  const isBadGateway = status === 502 || status === 504;
  return {
    index: sample.index,
    startMs: sample.start,
    endMs: sample.start + sample.service,
    backend: sample.backend ?? undefined,
    key,
    predicted,
    showsFailure:
      sample.retries.length > 0 || isBadGateway || (outcome !== 'response' && outcome !== 'cancelled'),
  };
}

function outcomeOf(
  prediction: Prediction,
  ranAlready: boolean,
): { prediction: Prediction; warnings: readonly Warning[] } {
  return { prediction, warnings: mismatchWarnings(prediction, ranAlready ? configuredElsewhere : '') };
}

/**
 * Says that requests did not go where nginx's method sends them.
 *
 * @param doubt what may be the matter, after the rest
 */
export function mismatchWarnings(prediction: Prediction | undefined, doubt: string): Warning[] {
  if (prediction?.firstMismatch === undefined) return [];
  const { checked, asPredicted, firstMismatch } = prediction;
  const { request, key, expected, actual } = firstMismatch;
  const ofKey = key === undefined ? '' : ` (key ${JSON.stringify(sanitize(key, 60))})`;
  const text = `${checked - asPredicted} of ${checked} requests were not placed as nginx's method does it, the first is request ${request}${ofKey}: ${actual} served it, expected ${expected}${doubt}`;
  return [{ code: 'model-mismatch', text }];
}
