import type { LlmBody } from '../model/llm.js';
import type { Body, LabServer, Plan, Replay, RequestData, RequestPlan } from '../model/plan.js';
import { formatAlgorithm } from '../nginx/algorithm.js';
import { formatServerLine } from '../nginx/server-line.js';
import { redactQuery, secretName } from './grammar/target-url.js';

const removed = '[removed]';
const maxBodyLength = 2000;
const maxAddresses = 64;

/**
 * The plan as plain JSON for the report: what was sent, without credentials, and bounded in size. `undefined` becomes
 * `null`; methods and servers are written as nginx's directives.
 */
export function describePlan(plan: Plan): unknown {
  const { secrets: _, ...known } = plan;
  const { target, lab, load } = plan;
  return nulled({
    ...known,
    target: target === undefined ? undefined : { ...target, tls: describeTls(target.tls) },
    lab: lab === undefined ? undefined : { ...lab, servers: lab.servers.map(describeServer) },
    algorithms: plan.algorithms.map(formatAlgorithm),
    load: {
      ...load,
      sourceAddresses: describeAddresses(load.sourceAddresses),
      ...(load.replay && { replay: describeReplay(load.replay) }),
    },
    requests: plan.requests.map(describeRequest),
    ...(plan.data === undefined ? {} : { data: plan.data.map(describeData) }),
    thresholds: plan.thresholds.map(({ rule, abortOnFail }) => ({
      rule: rule.text,
      abortOnFail,
      ...(rule.isImplied && { implied: true }),
    })),
  });
}

type TlsPlan = NonNullable<Plan['target']>['tls'];

/** Certificates are public but long; that they were set is what a reader needs. */
function describeTls(tls: TlsPlan): unknown {
  if (tls === undefined) return undefined;
  const isSet = (pem: string | undefined): string | undefined => (pem === undefined ? undefined : '[set]');
  return {
    ...tls,
    ca: isSet(tls.ca),
    cert: isSet(tls.cert),
    key: tls.key === undefined ? undefined : removed,
  };
}

function describeServer({ line, behaviour }: LabServer): unknown {
  return { server: formatServerLine(line), address: line.address, ...behaviour };
}

function describeAddresses(addresses: readonly string[]): unknown {
  if (addresses.length <= maxAddresses) return addresses;
  return { count: addresses.length, first: addresses[0], last: addresses.at(-1) };
}

function describeRequest({ path, headers, body, ...request }: RequestPlan): unknown {
  return {
    ...request,
    path: redactQuery(path),
    headers: headers.map(([header, value]) => [header, secretName.test(header) ? removed : value]),
    body: body === undefined ? undefined : describeBody(body),
  };
}

/** Of data the file and how it is read; what it says may be anything. */
function describeData({ file, order, records, columns }: RequestData): unknown {
  return { file, order, records, fields: [...new Set(columns.map(({ field }) => field))] };
}

/** Of a replay where it is from and how long it takes. */
function describeReplay({ source, dueUs }: Replay): unknown {
  return { source, spanMs: dueUs && (dueUs.at(-1) ?? 0) / 1000 };
}

function describeBody(body: Body): unknown {
  if (body.kind === 'llm') return describeQuestion(body);
  const sizeBytes = body.kind === 'template' ? Buffer.byteLength(body.text) : body.bytes.length;
  const text = body.kind === 'template' ? body.text : textOf(body.bytes);
  if (text === undefined) return { kind: body.kind, sizeBytes, text: undefined };
  const cut = text.length > maxBodyLength ? `${text.slice(0, maxBodyLength)}…` : text;
  return { kind: body.kind, sizeBytes, text: cut };
}

/** Of prompts where they come from; what they say may be anything, and so may members of the user's own. */
function describeQuestion({ kind, api, prompt, output, isExact }: LlmBody): unknown {
  const { kind: source, ...known } = prompt;
  const file = 'texts' in known ? known.texts.file : 'trace' in known ? known.trace.file : undefined;
  const tokens = 'tokens' in known ? known.tokens : undefined;
  const prefix = 'prefix' in known ? known.prefix : undefined;
  return { kind, api, prompt: { source, file, tokens, prefix }, output, isExact };
}

/** The beginning of a file as text; `undefined` when it is not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  // Four bytes a character at most; `stream` lets the cut fall inside one.
  const head = bytes.subarray(0, 4 * maxBodyLength + 4);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: head.length < bytes.length });
  } catch {
    return undefined;
  }
}

function nulled(value: unknown): unknown {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(nulled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, nulled(inner)]));
}
