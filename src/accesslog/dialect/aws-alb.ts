import { type Attempts, noAttempts } from '../../model/attempts.js';
import { compileLogFormat, type LogFormat } from '../../nginx/log-format.js';
import { iso8601Exact } from './clock.js';
import { type Dialect, type LogFields, namedFormats, oneOf, type Shape, shapeNamed } from './dialect.js';
import { FieldFinder, noFields } from './field-finder.js';
import { known } from './format-parts.js';

const name = 'AWS ALB';

/** The fields of an entry by the names of AWS's guide; new ones are only added at the end. */
const entry =
  '$type $time $elb $client $target $request_processing_time $target_processing_time $response_processing_time $elb_status_code $target_status_code $received_bytes $sent_bytes "$request" "$user_agent" $ssl_cipher $ssl_protocol $target_group_arn "$trace_id"';

/** The access log of AWS's Application Load Balancer, of any age. */
export const awsAlb: Dialect = {
  name,
  directive: 'the access log, which has one format',
  words: {
    backend: 'target:port',
    time: 'time',
    exactTime: 'time',
    duration: 'target_processing_time',
    status: 'elb_status_code',
    uri: 'request',
    method: 'request',
    host: 'domain_name',
    userAgent: 'user_agent',
  },
  get formats() {
    formats ??= {
      'aws-alb': formatOf(`${entry} "$domain_name" "$chosen_cert_arn" $matched_rule_priority $rest`),
      'aws-alb-2016': formatOf(entry),
    };
    return formats;
  },
  ...namedFormats(name),
  shapeOf: (variable) => shapeNamed(shapes, variable) ?? free,
  fieldsOf,
  attemptsOf,
  escapeCharacter: '\\',
  unescape: (logged) => logged,
  variableFor: (variable) =>
    ({ remote_addr: 'client', http_user_agent: 'user_agent', http_host: 'domain_name' })[variable] ??
    variable,
};

let formats: Dialect['formats'] | undefined;

function formatOf(text: string): LogFormat {
  return { ...known(compileLogFormat(text)), dialect: name };
}

/**
 * Who was asked. `-` stands for a request that the balancer answered: a redirect, a fixed response, no healthy target. The last
 * of these is a 503 and cannot be told from a rule that answers 503.
 */
function attemptsOf({ target = '' }: Readonly<Record<string, string>>): Attempts | undefined {
  if (target === '-') return noAttempts;
  if (!/^(?:[\d.]+|\[?[0-9a-f:]+\]?):\d{1,5}$/.test(target)) {
    // A Lambda function stands there by its name.
    return /^[\w.:/-]+$/.test(target) ? { kind: 'served', backends: [target], pool: undefined } : undefined;
  }
  return { kind: 'served', backends: [target], pool: undefined };
}

function fieldsOf({ variables }: LogFormat): LogFields {
  const find = new FieldFinder(variables);
  const seconds = (...plus: readonly string[]) => find.duration('seconds', plus);
  const target = seconds('target_processing_time');
  return {
    ...noFields,
    backend: find.all('target'),
    attemptStatus: find.index('target_status_code'),
    // To the head of the response: the time of its body is not told.
    attemptTime: target,
    headerTime: target,
    status: find.index('elb_status_code'),
    requestTime: seconds('request_processing_time', 'target_processing_time', 'response_processing_time'),
    sentBytes: find.index('sent_bytes'),
    time: find.time({ time: iso8601Exact }, false),
    uri: find.part('request', 'path'),
    method: find.part('request', 'method'),
    host: find.text('domain_name'),
    userAgent: find.text('user_agent'),
  };
}

const quote = 0x22;
const digits = '0123456789';
/** What a client sends may have quotes. */
const free: Shape = {
  alphabet: (byte) => byte >= 0x20,
  usual: { alphabet: (byte) => byte >= 0x20 && byte !== quote },
};
const word: Shape = { alphabet: (byte) => byte > 0x20 && byte < 0x7f && byte !== quote };
const matching = (alphabet: string, pattern: RegExp): Shape => ({
  alphabet: oneOf(alphabet),
  isValue: (text) => pattern.test(text),
});
const seconds = matching(`${digits}.-`, /^(?:-1|\d+(?:\.\d+)?)$/);
const status = matching(`${digits}-`, /^(?:\d{3}|-)$/);
const count = matching(digits, /^\d+$/);
const shapes: Readonly<Record<string, Shape>> = {
  type: matching('abcdefghijklmnopqrstuvwxyz0123456789', /^(?:https?|h2|grpcs?|wss?)$/),
  time: matching(`${digits}TZ:.-`, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  elb: matching(
    'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-',
    /^app\/[\w-]+\/[0-9a-f]+$/,
  ),
  client: word,
  target: word,
  request_processing_time: seconds,
  target_processing_time: seconds,
  response_processing_time: seconds,
  elb_status_code: status,
  target_status_code: status,
  received_bytes: count,
  sent_bytes: count,
  ssl_cipher: word,
  ssl_protocol: word,
  target_group_arn: word,
  matched_rule_priority: word,
};
