import type { LogFormat } from '../../nginx/log-format.js';
import { type TimeVariable, timeVariables } from '../scanner/time-reader.js';

/** Where in a line a text field stands: a variable, or a part of `$request`. */
export interface TextField {
  readonly variable: number;
  readonly part: 'whole' | 'method' | 'target';
}

/** Indexes of the variables that are read; `undefined` for what the format does not carry. */
export interface LogFields {
  readonly upstreamAddr: number | undefined;
  readonly upstreamStatus: number | undefined;
  readonly upstreamResponseTime: number | undefined;
  readonly upstreamConnectTime: number | undefined;
  readonly upstreamHeaderTime: number | undefined;
  readonly status: number | undefined;
  readonly requestTime: number | undefined;
  readonly bodyBytes: number | undefined;
  readonly sentBytes: number | undefined;
  readonly time: { readonly variable: number; readonly name: TimeVariable } | undefined;
  readonly uri: TextField | undefined;
  readonly method: TextField | undefined;
  readonly host: TextField | undefined;
  readonly userAgent: TextField | undefined;
}

/** Finds the fields of a format. Where several variables tell the same, the one closest to what the client sent. */
export function fieldsOf({ variables }: LogFormat): LogFields {
  const indexOf = (name: string): number | undefined => {
    const index = variables.indexOf(name);
    return index < 0 ? undefined : index;
  };
  const text = (...names: readonly string[]): TextField | undefined => {
    for (const name of names) {
      const variable = indexOf(name);
      if (variable !== undefined) return { variable, part: 'whole' };
    }
    return undefined;
  };
  const request = indexOf('request');
  const partOfRequest = (part: 'method' | 'target'): TextField | undefined =>
    request === undefined ? undefined : { variable: request, part };
  const timeName = timeVariables.find((name) => variables.includes(name));
  return {
    upstreamAddr: indexOf('upstream_addr'),
    upstreamStatus: indexOf('upstream_status'),
    upstreamResponseTime: indexOf('upstream_response_time'),
    upstreamConnectTime: indexOf('upstream_connect_time'),
    upstreamHeaderTime: indexOf('upstream_header_time'),
    status: indexOf('status'),
    requestTime: indexOf('request_time'),
    bodyBytes: indexOf('body_bytes_sent'),
    sentBytes: indexOf('bytes_sent'),
    time: timeName === undefined ? undefined : { variable: variables.indexOf(timeName), name: timeName },
    uri: text('request_uri') ?? partOfRequest('target') ?? text('uri', 'document_uri'),
    method: text('request_method') ?? partOfRequest('method'),
    host: text('http_host', 'host', 'server_name'),
    userAgent: text('http_user_agent'),
  };
}

/** Whether lines carry any time that a histogram is needed for. */
export function carriesTimes(fields: LogFields): boolean {
  const { requestTime, upstreamResponseTime, upstreamConnectTime, upstreamHeaderTime } = fields;
  return [requestTime, upstreamResponseTime, upstreamConnectTime, upstreamHeaderTime].some(
    (field) => field !== undefined,
  );
}
