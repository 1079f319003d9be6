import { dialectOf } from '../../accesslog/dialect/dialects.js';
import type { LoggedRequest } from '../../accesslog/requests.js';
import { decisionOf } from '../../balancing/method/methods.js';
import type { LogFormat } from '../../nginx/log-format.js';
import { parseTemplate } from '../../nginx/template.js';
import type { KeyRequest } from '../../nginx/variables.js';
import type { SimulatedAlgorithm } from './algorithms.js';

/** Names without `$` of the variables that decide which server an algorithm picks. */
export function variablesOf({ algorithm }: SimulatedAlgorithm): readonly string[] {
  const decision = decisionOf(algorithm);
  const template = decision.by === 'key' ? parseTemplate(decision.template) : undefined;
  if (template?.ok !== true) return [];
  return template.value.flatMap((part) => (part.kind === 'variable' ? [part.name.toLowerCase()] : []));
}

const ofTarget = /^(?:request_uri|uri|document_uri|args|query_string|is_args|arg_.+)$/s;
const ofHeaders = /^(?:http_.+|cookie_.+|host|content_type|content_length|proxy_add_x_forwarded_for)$/s;

/** Whether a variable is only known with a request's headers. */
export function needsHeaders(variable: string): boolean {
  return ofHeaders.test(variable);
}

/** The variables of a log that tell a variable of a key; any one of a group does, and every group is needed. */
function sourcesOf(variable: string): readonly (readonly string[])[] {
  if (variable === 'binary_remote_addr') return [['remote_addr']];
  if (variable === 'host') return [['host', 'http_host']];
  if (variable === 'proxy_add_x_forwarded_for') return [['http_x_forwarded_for'], ['remote_addr']];
  if (variable.startsWith('cookie_')) return [[variable, 'http_cookie']];
  return [[variable]];
}

/** Every variable that must be read from a log's lines beside method and target. */
export function loggedVariables(algorithms: readonly SimulatedAlgorithm[]): readonly string[] {
  return [...new Set(algorithms.flatMap(variablesOf).flatMap(sourcesOf).flat())];
}

/** What algorithms look at and a log does not tell. */
export function missingVariables(
  algorithms: readonly SimulatedAlgorithm[],
  format: LogFormat,
): readonly { readonly algorithm: string; readonly variable: string }[] {
  const dialect = dialectOf(format);
  const fields = dialect.fieldsOf(format);
  return algorithms.flatMap((one) =>
    variablesOf(one).flatMap((variable) => {
      const missing = ofTarget.test(variable)
        ? fields.uri === undefined
          ? ['request_uri']
          : []
        : variable === 'request_method'
          ? fields.method === undefined
            ? ['request_method']
            : []
          : sourcesOf(variable).flatMap((names) =>
              names.some((name) => format.variables.includes(dialect.variableFor(name)))
                ? []
                : [names[0] ?? variable],
            );
      return missing.map((name) => ({ algorithm: one.name, variable: name }));
    }),
  );
}

/** A logged request as the key of a hash sees it. */
export function keyRequestOf({ method, uri, values }: LoggedRequest): KeyRequest {
  return {
    method,
    uri,
    headers: headersOf(values),
    remoteAddress: values.remote_addr ?? '',
    host: values.host,
  };
}

function headersOf(values: LoggedRequest['values']): Readonly<Record<string, string>> {
  let headers: Record<string, string> | undefined;
  let cookies: string[] | undefined;
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith('cookie_')) {
      cookies ??= [];
      cookies.push(`${name.slice('cookie_'.length)}=${value}`);
    } else if (name.startsWith('http_') || name.startsWith('content_')) {
      headers ??= {};
      headers[name.replace(/^http_/, '').replaceAll('_', '-')] = value;
    }
  }
  if (cookies !== undefined) headers = { cookie: cookies.join('; '), ...headers };
  return headers ?? noHeaders;
}

/** Shared, because a million requests without headers need no million empty objects. */
const noHeaders: Readonly<Record<string, string>> = {};
