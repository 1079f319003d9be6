import { chooseFormats } from '../../accesslog/choose-format.js';
import type { LogQuestion } from '../../accesslog/question.js';
import { lineQuestionOf } from '../../accesslog/read-log.js';
import { type LoggedRequest, LoggedRequests } from '../../accesslog/requests.js';
import { expandPaths } from '../../accesslog/source/expand-paths.js';
import { inspectFile } from '../../accesslog/source/log-file.js';
import { Streams } from '../../accesslog/source/streams.js';
import { keyedServerOf } from '../../balancing/keyed-server.js';
import { decisionOf } from '../../balancing/method/methods.js';
import { PlacementCheck } from '../../distribution/placement-check.js';
import type { Prediction } from '../../model/prediction.js';
import type { Upstream } from '../../model/upstream.js';
import { withoutDefaultPort } from '../../nginx/address.js';
import { formatAlgorithm } from '../../nginx/algorithm.js';
import { compileKey } from '../../nginx/variables.js';
import { keyRequestOf, loggedVariables, missingVariables } from '../simulate/key-variables.js';

/** Where the keys of a log's requests went, or why that cannot be told, as the end of a sentence. */
export type LoggedPlacements =
  | { readonly prediction: Prediction }
  | { readonly prediction: undefined; readonly problem: string };

/**
 * Reads a log once more for the keys that a hash spreads: which there were, whether each stayed on one backend, and whether they went
 * where nginx's method sends them.
 *
 * @param seen names of backends as the log has them
 */
export async function loggedPlacements(
  question: LogQuestion,
  pool: Upstream,
  seen: ReadonlySet<string>,
): Promise<LoggedPlacements> {
  const decision = decisionOf(pool.algorithm);
  const compiled = decision.by === 'key' ? compileKey(decision.template) : undefined;
  if (decision.by !== 'key' || compiled?.ok !== true) return unknown('its key cannot be worked out here');
  const { paths, rotated, format, lastLines } = question;
  const files = expandPaths(paths, rotated).map(inspectFile);
  if (lastLines !== undefined || files.some(({ kind }) => kind === 'stream'))
    return unknown('a pipe, or the last lines of a log, are read only once');
  const streams = new Streams();
  const formats = await chooseFormats(format, files, streams);
  const algorithm = {
    name: formatAlgorithm(pool.algorithm),
    algorithm: pool.algorithm,
    keyOf: compiled.value,
  };
  const missing = formats.seen.flatMap((one) => missingVariables([algorithm], one));
  if (missing.length > 0)
    return unknown(`the log does not tell its key: add $${missing[0]?.variable} to log_format`);
  const serverOf = keyedServerOf(pool);
  const nameOf = (address: string) => {
    const bare = seen.has(address) ? undefined : withoutDefaultPort(address);
    return bare !== undefined && seen.has(bare) ? bare : address;
  };
  const names = pool.servers.map(({ address }) => nameOf(address));
  const check = new PlacementCheck({
    addresses: [...new Set(names)],
    isKeyed: true,
    failureMs: (Math.max(...pool.servers.map(({ failTimeoutSec }) => failTimeoutSec)) + 1) * 1000,
  });
  const lines = lineQuestionOf({ formats, isTimed: true }, question);
  let index = 0;
  for (const file of files) {
    const requests = new LoggedRequests(file, lines, [...loggedVariables([algorithm]), 'status']);
    for await (const some of requests.read((path) => streams.open(path))) {
      for (const one of some) {
        const request = keyRequestOf(one);
        const key = compiled.value(request) ?? '';
        const server = key === '' ? undefined : serverOf?.(key, request.remoteAddress);
        check.record({
          ...momentOf(one),
          index: index++,
          backend: servedBy(one),
          key: key === '' ? '' : decision.partOf(key),
          predicted: server === undefined ? undefined : names[server],
          showsFailure: showsFailure(one),
        });
      }
    }
  }
  return { prediction: check.result() };
}

function unknown(problem: string): LoggedPlacements {
  return { prediction: undefined, problem };
}

function momentOf({ endMs = 0, requestMs, attemptMs }: LoggedRequest): {
  readonly startMs: number;
  readonly endMs: number;
} {
  return { startMs: endMs - (requestMs ?? attemptMs ?? 0), endMs };
}

function servedBy({ attempts }: LoggedRequest): string | undefined {
  return attempts?.kind === 'served' ? attempts.backends.at(-1) : undefined;
}

function showsFailure({ attempts, values: { status } }: LoggedRequest): boolean {
  return (
    attempts?.kind === 'none-left' ||
    (attempts?.backends.length ?? 0) > 1 ||
    status === '502' ||
    status === '504'
  );
}
