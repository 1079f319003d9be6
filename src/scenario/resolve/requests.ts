import type { Trace } from '../../model/llm.js';
import type { Plan, RequestPlan, StatusRule } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import { encodePath } from '../grammar/request-path.js';
import { redactQuery, type TargetUrl } from '../grammar/target-url.js';
import type { Path } from '../place.js';
import type { CheckedScenario } from '../schema/scenario.js';
import { bodyKinds, type RequestInput, resolveBody } from './body.js';
import { checkedStatuses, resolveChecks } from './checks.js';
import type { ResolveContext } from './context.js';
import { type DataInput, refuseFields, resolveData } from './data.js';
import { type HeaderSources, hasHeader, requestHeaders } from './headers.js';
import { llmPaths } from './llm.js';
import { type FieldUse, fieldsIn } from './template.js';

/** The mix of requests, without one a single GET of the target's path; and what their fields come from. */
export function resolveRequests(
  scenario: CheckedScenario,
  trace: Trace | undefined,
  context: ResolveContext,
): Pick<Plan, 'requests' | 'data'> {
  const { target, requests } = scenario;
  checkCredentials(scenario, context);
  const all: HeaderSources = {
    ...namingSessions(scenario),
    credentials:
      scenario.auth === undefined ? target?.credentials : credentialsOf(scenario.auth, ['auth'], context),
  };
  const shared = [
    // Of a target the path is the end only, so the places in it are not those of the text.
    ...fieldsIn(target?.path ?? '/', 'path', ['target'], 'value', context).map(withoutOffset),
    ...fieldsOf(all.headers, ['headers'], context),
    ...fieldsOf(all.cookies, ['cookies'], context),
  ];
  if (requests === undefined) {
    const path = target?.path ?? '/';
    const only: RequestPlan = {
      name: defaultName('GET', path),
      method: 'GET',
      path: encodePath(path),
      headers: requestHeaders(all, { headers: {}, cookies: {}, credentials: undefined }, undefined),
      body: undefined,
      ...errorRules(scenario.errors),
      weight: 1,
    };
    return withData([{ plan: only, uses: shared, own: undefined }], scenario, context);
  }
  const base = basePath(target, context);
  const resolved = requests.map((request, index) => {
    const path = ['requests', index];
    const own = resolveRequest(request, path, base, all, trace, context);
    const { check, errors } = request;
    // A status that a check asks for is none, unless the request says so.
    const asked =
      check && Object.fromEntries(checkedStatuses(check).map((status) => [status, 'ok' as const]));
    const plan = {
      ...own.plan,
      ...errorRules(errors, asked, scenario.errors),
      ...resolveChecks(check),
    };
    return {
      plan,
      uses: [...shared, ...own.uses],
      own: request.data && { input: request.data, at: [...path, 'data'] },
    };
  });
  checkNames(
    resolved.map(({ plan }) => plan),
    requests,
    context,
  );
  return withData(resolved, scenario, context);
}

type ErrorsInput = CheckedScenario['errors'];

/** In the order in which they decide: what is nearer first, and of that codes before classes. */
function errorRules(...inputs: readonly ErrorsInput[]): Pick<RequestPlan, 'errors'> {
  const errors = inputs.flatMap((input = {}) => {
    const rules = Object.entries(input).map(([status, word]) => ({ status, isError: word === 'error' }));
    const isClass = ({ status }: StatusRule) => status.endsWith('xx');
    return [...rules.filter((rule) => !isClass(rule)), ...rules.filter(isClass)];
  });
  return errors.length === 0 ? {} : { errors };
}

/** A request, and the fields that it takes. */
interface ResolvedRequest {
  readonly plan: RequestPlan;
  readonly uses: readonly FieldUse[];
  /** Data of its own. */
  readonly own: { readonly input: DataInput; readonly at: Path } | undefined;
}

/** The plans with the data that their fields come from: their own, or that for all, which they take in turn. */
function withData(
  requests: readonly ResolvedRequest[],
  { data: all, sessions }: CheckedScenario,
  context: ResolveContext,
): Pick<Plan, 'requests' | 'data'> {
  // A session has a name and a turn by itself.
  const known: readonly string[] = sessions === undefined ? [] : ['session', 'turn'];
  const ofRecord = (uses: readonly FieldUse[]) => uses.filter(({ field }) => !known.includes(field));
  return withRecords(
    requests.map(({ uses, ...request }) => ({ ...request, uses: ofRecord(uses) })),
    all,
    context,
  );
}

function withRecords(
  requests: readonly ResolvedRequest[],
  all: DataInput | undefined,
  context: ResolveContext,
): Pick<Plan, 'requests' | 'data'> {
  const sharing = requests.filter(({ own }) => own === undefined);
  const sharedUses = [...new Set(sharing.flatMap(({ uses }) => uses))];
  if (all === undefined) refuseFields(sharedUses, context);
  const shared = all && resolveData(all, ['data'], sharedUses, context);
  const data = shared === undefined ? [] : [shared];
  const plans = requests.map(({ plan, uses, own }) => {
    const source = own === undefined ? shared : resolveData(own.input, own.at, uses, context);
    if (source === undefined || uses.length === 0) return plan;
    if (source !== shared) data.push(source);
    return { ...plan, dataIndex: data.indexOf(source) };
  });
  return { requests: plans, ...(data.length === 0 ? {} : { data }) };
}

function resolveRequest(
  request: RequestInput,
  path: Path,
  base: string,
  all: HeaderSources,
  trace: Trace | undefined,
  context: ResolveContext,
): { readonly plan: RequestPlan; readonly uses: readonly FieldUse[] } {
  const typed = resolveBody(request, path, trace, context);
  const asked = pathOf(request, path, context);
  const hasBody = bodyKinds.some((kind) => request[kind] !== undefined);
  const method = request.method ?? (hasBody ? 'POST' : 'GET');
  if (request.llm !== undefined && method !== 'POST') {
    const message = `expected POST, which asks a language model, got ${method}`;
    context.faults.add({ path: [...path, 'method'], blame: 'value', message, hint: 'leave it out' });
  }
  if (request.auth !== undefined && hasHeader(request.headers, 'authorization')) {
    refuseSecondCredentials([...path, 'auth'], context);
  }
  const inPath = fieldsIn(asked, 'path', [...path, 'path'], 'value', context);
  if (base !== '' && inPath.some(({ form }) => form === 'target')) {
    context.faults.add({
      path: [...path, 'path'],
      blame: 'value',
      message: `expected a path behind that of the target, got ${shown(asked)}, which is a whole one`,
      hint: `write the target without a path, or /${asked}, which is encoded as part of a path`,
    });
  }
  const credentials = request.auth && credentialsOf(request.auth, [...path, 'auth'], context);
  const own: HeaderSources = { headers: request.headers, cookies: undefined, credentials };
  return {
    plan: {
      name: request.name ?? defaultName(method, asked),
      method,
      path: encodePath(base + asked),
      headers: requestHeaders(all, own, typed?.contentType),
      body: typed?.body,
      weight: request.weight ?? request.exactly ?? 1,
      ...(request.exactly === undefined ? {} : { exactly: request.exactly }),
    },
    uses: [...inPath, ...(typed?.fields ?? []), ...fieldsOf(request.headers, [...path, 'headers'], context)],
  };
}

/** What it says, or what its API has. */
function pathOf({ path: written, llm }: RequestInput, path: Path, { faults }: ResolveContext): string {
  if (written !== undefined) return written;
  if (llm !== undefined) return llmPaths[llm.api];
  const at = [...path, 'path'];
  faults.add({ path: at, blame: 'value', message: 'expected a path that starts with /, got nothing' }, at, [
    ...path,
    'llm',
  ]);
  return '/';
}

/** Headers and cookies for all requests, with those that name their session. */
function namingSessions({
  headers,
  cookies,
  sessions,
}: CheckedScenario): Pick<HeaderSources, 'headers' | 'cookies'> {
  const { header, cookie } = sessions ?? {};
  return {
    headers: header === undefined ? headers : { [header]: '{session}', ...headers },
    cookies: cookie === undefined ? cookies : { [cookie]: '{session}', ...cookies },
  };
}

/** The key that a scenario names is taken from the environment, and shown nowhere. */
function credentialsOf(
  auth: NonNullable<CheckedScenario['auth']>,
  path: Path,
  { faults, variables }: ResolveContext,
): HeaderSources['credentials'] {
  if (!('bearerEnv' in auth)) return auth;
  const bearer = variables.secret(auth.bearerEnv);
  const at = [...path, 'bearerEnv'];
  if (bearer === undefined) {
    const message = `expected the environment variable ${auth.bearerEnv} to hold a key, got none`;
    faults.add({ path: at, blame: 'value', message, hint: `set it: export ${auth.bearerEnv}=…` });
    return undefined;
  }
  // RFC 6750 has fewer characters still; what could end a header line is what matters.
  if (!/^[\x21-\x7e]+$/.test(bearer)) {
    const message = `expected a key without blanks and control characters in ${auth.bearerEnv}, got one with them`;
    faults.add({ path: at, blame: 'value', message, hint: 'it may have a line break at its end' });
    return undefined;
  }
  return { bearer };
}

/** Shuffled places are whole numbers of 31 bits. */
const mostExactly = 2 ** 31;

/** How many requests a mix of exact numbers makes; `undefined` for one that is drawn. */
export function resolveExactly(
  requests: CheckedScenario['requests'],
  { faults }: ResolveContext,
): number | undefined {
  const exact = requests?.flatMap(({ exactly }) => exactly ?? []) ?? [];
  if (requests === undefined || exact.length === 0) return undefined;
  requests.forEach(({ exactly, weight }, index) => {
    const path = ['requests', index];
    if (exactly === undefined)
      faults.add(
        {
          path,
          blame: 'value',
          message: `expected exactly as with other requests, got ${weight === undefined ? 'none' : 'a weight'}`,
          hint: 'either each request says how many of it there are, or each has a weight',
        },
        [...path, 'exactly'],
      );
    else if (weight !== undefined)
      faults.add({
        path: [...path, 'weight'],
        blame: 'key',
        message: 'expected one of exactly and weight, got both',
        hint: 'exactly says how many there are; a weight says how often it is drawn',
      });
  });
  const total = exact.reduce((sum, count) => sum + count, 0);
  if (total > mostExactly)
    faults.add({
      path: ['requests'],
      blame: 'key',
      message: `expected at most ${mostExactly} requests, got ${total}`,
      hint: 'give them weights, and load a duration',
    });
  return total;
}

function withoutOffset(use: FieldUse): FieldUse {
  return { ...use, offset: undefined };
}

/** The fields that the values of headers or cookies take. */
function fieldsOf(
  values: Readonly<Record<string, string>> | undefined,
  path: Path,
  context: ResolveContext,
): readonly FieldUse[] {
  return Object.entries(values ?? {}).flatMap(([name, value]) =>
    fieldsIn(value, 'header', [...path, name], 'value', context),
  );
}

/** Names go into every report, so a secret in the query must not be part of one. */
function defaultName(method: string, path: string): string {
  return `${method} ${redactQuery(path)}`;
}

/** What the requests' paths are appended to: the target's path without a slash at its end. */
function basePath(target: TargetUrl | undefined, { faults }: ResolveContext): string {
  const path = target?.path ?? '/';
  if (path.includes('?')) {
    faults.add({
      path: ['target'],
      blame: 'value',
      message: 'expected a target without a query when there are requests, got one with it',
      hint: "write the query into the requests' paths, which are appended to the target's",
    });
  }
  return path.replace(/\/$/, '');
}

function checkNames(
  plans: readonly RequestPlan[],
  requests: readonly RequestInput[],
  { faults }: ResolveContext,
): void {
  const first = new Map<string, number>();
  plans.forEach(({ name }, index) => {
    const isNamed = requests[index]?.name !== undefined;
    // It is not known what a request will be called of which one of these is wrong.
    const isUnknown = ['name', 'method', 'path', ...bodyKinds].some((key) =>
      faults.isWrong(['requests', index, key]),
    );
    if (!isNamed && isUnknown) return;
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, index);
      return;
    }
    faults.add({
      path: isNamed ? ['requests', index, 'name'] : ['requests', index],
      blame: 'value',
      message: `expected a name of its own, got ${shown(name)} as for ${faults.nameOf(['requests', other])}`,
      hint: isNamed ? undefined : 'a request without a name is called by its method and path: add a name',
    });
  });
}

/** Credentials for all requests come from one place, or nobody knows which of them are sent. */
function checkCredentials(scenario: CheckedScenario, context: ResolveContext): void {
  if (scenario.auth === undefined) {
    if (scenario.target?.credentials !== undefined && hasHeader(scenario.headers, 'authorization')) {
      refuseSecondCredentials(['headers'], context);
    }
    return;
  }
  if (scenario.target?.credentials !== undefined || hasHeader(scenario.headers, 'authorization')) {
    refuseSecondCredentials(['auth'], context);
  }
}

function refuseSecondCredentials(path: Path, { faults }: ResolveContext): void {
  faults.add({
    path,
    blame: 'key',
    message: 'expected credentials in one place, got them in two',
    hint: 'keep one of auth, the header Authorization and user:password@ in the target',
  });
}
