import { isUpstreamAddress } from '../../../nginx/address.js';
import { parseUpstreamList } from '../../../nginx/upstream-variables.js';
import { shapeOf } from './shape.js';

/** A column of sample lines: what it is called, if anything, and what stood in it. */
export interface SampleField {
  readonly key: string | undefined;
  /** What else it may be called, the most certain first: the ends of a path of which `key` is the whole. */
  readonly tails?: readonly string[];
  readonly values: readonly string[];
}

/** Names that people give to nginx's variables in JSON and labelled logs, as `plainKey` leaves them. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  remote_addr: words(
    'ip client clientip remoteip clientaddr clientaddress remote remoteaddress sourceip sourceaddress realip',
  ),
  request_method: words('method verb reqmethod httpmethod httprequestmethod'),
  request_uri: words('url path requestpath requesturl requrl requri urloriginal urlpath'),
  request: words('req requestline'),
  status: words(
    'st code statuscode responsecode httpstatus httpstatuscode httpcode responsestatus responsestatuscode resstatus httpresponsestatuscode',
  ),
  body_bytes_sent: words('b bytes size bodybytes bodysize responsesize sentbytes httpresponsebodybytes'),
  http_user_agent: words('ua agent useragent useragentoriginal'),
  http_referer: words('ref referer referrer httprequestreferrer'),
  http_x_forwarded_for: words('xff xforwardedfor forwardedfor'),
  host: words('vhost domain'),
  upstream_addr: words(
    'up upstream upstreamaddress upstreamhost upstreamserver upstreamip upaddr backend backendaddr backendaddress backendhost backendserver backendip to',
  ),
  upstream_status: words('us upstatus upstreamcode upstreamstatuscode backendstatus backendstatuscode'),
  upstream_response_time: words(
    'urt apptime upstreamtime upstreamresptime upstreamduration upstreamlatency uptime uptimes backendtime backendduration backendresponsetime',
  ),
  upstream_connect_time: words('uct upstreamconnect backendconnecttime'),
  upstream_header_time: words('uht upstreamheader backendheadertime'),
  request_time: words(
    'rt reqtime responsetime resptime duration requestduration responseduration latency elapsed timetaken took cost totaltime',
  ),
};

function words(text: string): readonly string[] {
  return text.split(' ');
}

/** Variables that are recognised by their own names. */
const ownNames = [
  ...Object.keys(aliases),
  'request',
  'uri',
  'args',
  'bytes_sent',
  'request_length',
  'http_host',
  'remote_user',
  'remote_port',
  'server_name',
  'server_protocol',
  'scheme',
  'upstream_cache_status',
  'upstream_response_length',
  'time_local',
  'time_iso8601',
  'msec',
];

const owned = new Map(ownNames.map((name) => [plainKey(name), name]));
const aliased = new Map(
  Object.entries(aliases).flatMap(([name, others]) => others.map((other) => [other, name] as const)),
);
/** Durations, which others than nginx write with more and fewer decimals, and in milliseconds where the name says so. */
const durations = new Set(ownNames.filter((name) => /^(?:request|upstream_.+)_time$/.test(name)));

/** Values that only one variable has. */
const telling: readonly (readonly [name: string, isValue: (value: string) => boolean])[] = [
  ['time_local', isValueOf('time_local')],
  ['time_iso8601', (value) => isoTime.test(value) && !/\d[.,]\d/.test(value)],
  ['time_iso8601_ms', (value) => isoTime.test(value)],
  ['msec', (value) => /^1\d{9}\.\d{1,9}$/.test(value)],
  ['request', (value) => /^[A-Z]{3,10} \S+ HTTP\/\d(?:\.\d)?$/.test(value)],
];
const isoTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?$/;

/** Whether a text, unescaped, is a value of that variable. */
function isValueOf(name: string): (text: string) => boolean {
  const { alphabet, isValue } = shapeOf(name, 'none');
  return (text) => isValue?.(Buffer.from(text).toString('latin1')) ?? Buffer.from(text).every(alphabet);
}

/**
 * The variable of each field, as far as it can be told for sure: by its own name or by one that people give it, if its
 * values fit, or by values that only one variable has; `undefined` for the others.
 */
export function nameFields(fields: readonly SampleField[]): (string | undefined)[] {
  const taken = new Set<string>();
  const names: (string | undefined)[] = fields.map(() => undefined);
  // A variable's own name comes first: beside `upstream_addr`, `upstream` is something else.
  for (const nameOf of [byOwnName, byAlias, byTail, byValues, byTimeName]) {
    fields.forEach((field, index) => {
      const name = names[index] === undefined ? nameOf(field) : undefined;
      if (name === undefined || taken.has(name)) return;
      taken.add(name);
      names[index] = name;
    });
  }
  const claim = (name: string, fits: (field: SampleField) => boolean) => {
    if (!names.includes(name)) claimOnly(fields, names, name, fits);
  };
  // Only one of two columns of statuses tells of several attempts, or of none.
  claim('upstream_status', ({ key, values }) => key === undefined && isListOfStatuses(values));
  if (tellsHowItWent(fields, names)) claim('upstream_addr', isFewAddresses);
  const attempts = fields[names.indexOf('upstream_status')]?.values.map(attemptsIn);
  if (attempts !== undefined) claim('upstream_addr', ({ values }) => isAligned(values, attempts));
  claim('status', ({ key, values }) => key === undefined && values.every(isStatus));
  return names;
}

/** Names the one field that fits; with two nothing is certain. */
function claimOnly(
  fields: readonly SampleField[],
  names: (string | undefined)[],
  name: string,
  fits: (field: SampleField) => boolean,
): void {
  const fitting = fields.flatMap((field, index) =>
    names[index] === undefined && fits(field) ? [index] : [],
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) names[only] = name;
}

/** Finds what a key says in a table of names. */
function inTable(table: ReadonlyMap<string, string>, key: string | undefined, values: readonly string[]) {
  const plain = plainKey(key);
  const name = table.get(plain);
  const inMs = name === undefined ? table.get(plain.replace(/(?:ms|millis|milliseconds)$/, '')) : undefined;
  if (inMs !== undefined && durations.has(inMs))
    return values.every((value) => /^(?:\d+(?:\.\d+)?|-)$/.test(value)) ? `${inMs}_ms` : undefined;
  if (name === undefined) return undefined;
  if (durations.has(name)) return isInSeconds(values) ? name : undefined;
  return values.every(isValueOf(name)) ? name : undefined;
}

/** Lists of decimal numbers, with a fraction somewhere: whole numbers may just as well be milliseconds. */
function isInSeconds(values: readonly string[]): boolean {
  const items = itemsOf(values);
  return (
    items.every((item) => /^\d+(?:\.\d+)?$/.test(item)) &&
    (items.length === 0 || items.some((item) => item.includes('.') || item === '0'))
  );
}

function byOwnName({ key, values }: SampleField): string | undefined {
  return inTable(owned, key, values);
}

function byAlias({ key, values }: SampleField): string | undefined {
  const name = inTable(aliased, key, values);
  // `upstream` and `backend` are also what people call the pool.
  return name !== 'upstream_addr' || itemsOf(values).some(isUpstreamAddress) ? name : undefined;
}

function byTail({ tails = [], values }: SampleField): string | undefined {
  for (const key of tails) {
    const name = byOwnName({ key, values }) ?? byAlias({ key, values });
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Without what names are joined by: `upstream_addr`, `upstream-addr`, `upstream.addr` and `upstreamAddr` are one. */
function plainKey(key = ''): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Milliseconds and seconds since 1970 without a fraction are told from other numbers by what they are called. */
function byTimeName({ key, values }: SampleField): string | undefined {
  if (values.length === 0 || !/time|^ts$|date/.test(plainKey(key))) return undefined;
  if (values.every((value) => /^1\d{9}(?:\.\d+)?$/.test(value))) return 'msec';
  return values.every((value) => /^1\d{12}(?:\.\d+)?$/.test(value)) ? 'msec_since_1970' : undefined;
}

function byValues({ values }: SampleField): string | undefined {
  return telling.find(
    ([, isValue]) => values.some(isValue) && values.every((value) => value === '-' || isValue(value)),
  )?.[0];
}

function isStatus(value: string): boolean {
  return /^[1-5]\d\d$/.test(value);
}

function isListOfStatuses(values: readonly string[]): boolean {
  const items = itemsOf(values);
  return (
    values.every(isValueOf('upstream_status')) &&
    items.length > 0 &&
    items.every(isStatus) &&
    values.some((value) => value === '-' || attemptsIn(value) > 1)
  );
}

/** Whether lines carry a status and a time, as logs of what backends answered do. */
function tellsHowItWent(fields: readonly SampleField[], names: readonly (string | undefined)[]): boolean {
  const has = (known: readonly string[], isValue: (value: string) => boolean) =>
    fields.some(
      ({ values }, index) => known.includes(names[index] ?? '') || values.every((value) => isValue(value)),
    );
  return (
    has(['status', 'upstream_status'], isStatus) &&
    has(['request_time', 'upstream_response_time'], (value) => /^\d+\.\d{2,6}$/.test(value))
  );
}

/** Each address of a pool is seen that often, as a rule; addresses of clients, with the ports that they draw, hardly twice. */
const usesOfAddress = 3;
/** What kernels draw the ports of clients from (Linux from 32768 on, others from 49152); servers listen below. */
const drawnPort = 32_768;
const clientNames = /client|remote|peer|source|src|from|downstream|user|forwarded|xff/;

/**
 * Addresses that can only be those of a pool: a few that come again and again, with ports that servers listen on; or with a
 * list of attempts or a socket's path among them.
 */
function isFewAddresses({ key, values }: SampleField): boolean {
  if (clientNames.test(plainKey(key))) return false;
  const addresses = addressesIn(values);
  if (addresses === undefined) return false;
  const distinct = new Set(addresses);
  // One address on every line may as well be the server's own.
  if (distinct.size < 2) return false;
  if (values.some((value) => attemptsIn(value) > 1 || /^unix:/i.test(value))) return true;
  const isDrawn = (address: string) => Number(/:(\d+)$/.exec(address)?.[1] ?? 0) >= drawnPort;
  return addresses.length >= usesOfAddress * distinct.size && ![...distinct].every(isDrawn);
}

/** Addresses, as many on each line as there were attempts. */
function isAligned(values: readonly string[], attempts: readonly number[]): boolean {
  return (
    addressesIn(values) !== undefined &&
    values.length === attempts.length &&
    values.every((value, line) => attemptsIn(value) === attempts[line])
  );
}

/** `undefined` for columns that are none of addresses, most of all of host names with an address among them. */
function addressesIn(values: readonly string[]): readonly string[] | undefined {
  if (!values.every(isValueOf('upstream_addr'))) return undefined;
  const items = itemsOf(values);
  const addresses = items.filter(isUpstreamAddress);
  return addresses.length > items.length / 2 ? addresses : undefined;
}

/** 0 for `-`. */
function attemptsIn(value: string): number {
  return value === '-' ? 0 : parseUpstreamList(value).flat().length;
}

function itemsOf(values: readonly string[]): string[] {
  return values.flatMap((value) => parseUpstreamList(value).flat()).filter((item) => item !== undefined);
}
