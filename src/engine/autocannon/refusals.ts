import type { Fault } from '../../model/fault.js';
import type { RequestPlan } from '../../model/plan.js';
import type { LoadJob } from '../load-job.js';

/** Methods that its request builder knows, without HEAD: it waits for a body that HEAD does not have. */
const methods = new Set(['GET', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

const hint = 'use engine: native';

/** Everything about a job that autocannon cannot do; empty when it can do it. */
export function autocannonFaults(job: LoadJob): Fault[] {
  const problems = [...loadProblems(job), ...job.requests.flatMap(requestProblems)];
  return problems.map((problem) => ({ path: 'engine', message: `autocannon cannot ${problem}`, hint }));
}

function loadProblems({ load, target, threads, abColumns }: LoadJob): string[] {
  const { ratePerSec } = load;
  const cases: readonly (readonly [boolean, string])[] = [
    [threads > 1, `share one measurement between threads, got threads: ${threads}`],
    [!load.keepAlive, 'open a connection for every request, got load.keepAlive: false'],
    [load.httpVersion !== '1.1', `speak HTTP/${load.httpVersion}`],
    [load.sourceAddresses.length > 0, 'send from chosen addresses, got load.sourceAddresses'],
    [load.timeoutMs < 1000, `wait less than 1 s for a response, got load.timeout: ${load.timeoutMs} ms`],
    [target.tls?.verify === true, 'check TLS certificates, got an https target without insecure: true'],
    [
      ratePerSec !== undefined && !(Number.isInteger(ratePerSec) && ratePerSec >= 1),
      `send other than a whole number of requests a second, got load.rate: ${ratePerSec}/s`,
    ],
    [load.stages !== undefined, 'send in stages, got load.stages'],
    [load.replay?.dueUs !== undefined, 'send when a log or a trace says so'],
    [
      load.model === 'open' && load.arrivals !== 'constant',
      `send at random, got load.arrivals: ${load.arrivals}`,
    ],
    [abColumns, "fill ab's columns, because it does not measure the time to connect"],
  ];
  return cases.filter(([applies]) => applies).map(([, problem]) => problem);
}

function requestProblems({ name, method, headers, body }: RequestPlan): string[] {
  const of = `in the request ${JSON.stringify(name)}`;
  const problems: string[] = [];
  if (body?.kind === 'llm') problems.push(`read the events of a stream, which llm asks for, ${of}`);
  if (!methods.has(method)) problems.push(`send ${method}, ${of}`);
  const names = headers.map(([header]) => header);
  const repeated = names.find((header, index) => names.indexOf(header) !== index);
  if (repeated !== undefined) problems.push(`send the header ${repeated} more than once, ${of}`);
  // It always says keep-alive, and a second header would contradict that.
  if (names.some((header) => header.toLowerCase() === 'connection')) {
    problems.push(`leave Connection to the user, ${of}`);
  }
  const foreign = headers.find(([, value]) => /[^\x20-\x7e\t]/.test(value));
  if (foreign !== undefined) problems.push(`send the header ${foreign[0]} in Latin-1, ${of}`);
  return problems;
}
