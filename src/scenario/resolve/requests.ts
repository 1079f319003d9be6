import type { RequestPlan } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import { encodePath } from '../grammar/request-path.js';
import { redactQuery, type TargetUrl } from '../grammar/target-url.js';
import type { Path } from '../place.js';
import type { CheckedScenario } from '../schema/scenario.js';
import { bodyKinds, type RequestInput, resolveBody } from './body.js';
import type { ResolveContext } from './context.js';
import { type HeaderSources, hasHeader, requestHeaders } from './headers.js';
import { checkTemplate } from './template.js';

/** The mix of requests; without one, a single GET of the target's path. */
export function resolveRequests(scenario: CheckedScenario, context: ResolveContext): readonly RequestPlan[] {
  const { target, requests } = scenario;
  checkCredentials(scenario, context);
  if (target?.path !== undefined) checkTemplate(target.path, 'path', ['target'], 'value', context);
  for (const key of ['headers', 'cookies'] as const) checkFields(scenario[key], [key], context);
  const all: HeaderSources = {
    headers: scenario.headers,
    cookies: scenario.cookies,
    credentials: scenario.auth ?? target?.credentials,
  };
  if (requests === undefined) {
    const path = target?.path ?? '/';
    return [
      {
        name: defaultName('GET', path),
        method: 'GET',
        path: encodePath(path),
        headers: requestHeaders(all, { headers: {}, cookies: {}, credentials: undefined }, undefined),
        body: undefined,
        weight: 1,
      },
    ];
  }
  const base = basePath(target, context);
  const plans = requests.map((request, index) =>
    resolveRequest(request, ['requests', index], base, all, context),
  );
  checkNames(plans, requests, context);
  return plans;
}

function resolveRequest(
  request: RequestInput,
  path: Path,
  base: string,
  all: HeaderSources,
  context: ResolveContext,
): RequestPlan {
  const typed = resolveBody(request, path, context);
  checkTemplate(request.path, 'path', [...path, 'path'], 'value', context);
  checkFields(request.headers, [...path, 'headers'], context);
  const hasBody = bodyKinds.some((kind) => request[kind] !== undefined);
  const method = request.method ?? (hasBody ? 'POST' : 'GET');
  if (request.auth !== undefined && hasHeader(request.headers, 'authorization')) {
    refuseSecondCredentials([...path, 'auth'], context);
  }
  const own: HeaderSources = { headers: request.headers, cookies: undefined, credentials: request.auth };
  return {
    name: request.name ?? defaultName(method, request.path),
    method,
    path: encodePath(base + request.path),
    headers: requestHeaders(all, own, typed?.contentType),
    body: typed?.body,
    weight: request.weight,
  };
}

/** Faults what is not understood in the values of headers or cookies. */
function checkFields(
  fields: Readonly<Record<string, string>> | undefined,
  path: Path,
  context: ResolveContext,
): void {
  for (const [name, value] of Object.entries(fields ?? {}))
    checkTemplate(value, 'text', [...path, name], 'value', context);
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
