import { type LogFormat, objectFormat } from '../../../nginx/log-format.js';
import { nameFields, type SampleField } from './field-names.js';

/** Deeper members are no variables of a log's. */
const maxDepth = 4;
const maxMembers = 256;

/** A member of a sample's objects: the way to it, and what stood there where it was. */
interface MemberField extends SampleField {
  readonly path: readonly string[];
}

/** By the path of each member: what stood there. */
type FlatObject = ReadonlyMap<string, { readonly path: readonly string[]; readonly value: string }>;

/**
 * Recognises lines that are JSON objects from samples: what their members are called and hold. Lines may have them in any order
 * and lack some. Of objects of several kinds those count that look like requests.
 */
export function recogniseJson(lines: readonly string[]): LogFormat | undefined {
  const objects = lines.map(flatObjectIn);
  const found = objects.filter((object) => object !== undefined);
  const requests = found.filter(looksLikeRequest);
  const considered = requests.length > 0 ? requests : found;
  const fields = new Map<string, { path: readonly string[]; values: string[] }>();
  for (const object of considered) {
    for (const [key, { path, value }] of object) {
      const field = fields.get(key) ?? { path, values: [] };
      if (fields.size < maxMembers) fields.set(key, field);
      // An empty value and a missing one are the same.
      if (value !== '') field.values.push(value);
    }
  }
  const members = [...fields.values()].map(
    ({ path, values }): MemberField => ({ key: path.join('.'), tails: tailsOf(path), path, values }),
  );
  const names = nameFields(members);
  const named = new Map(
    members.flatMap(({ key }, index) => (names[index] === undefined ? [] : [[key ?? '', names[index]]])),
  );
  const has = (name: string) => names.includes(name);
  // Without any of these there is nothing to count.
  if (!has('upstream_addr') && !has('status') && !has('request')) return undefined;
  const frame = usualFrame(lines.filter((_, index) => considered.includes(objects[index] as FlatObject)));
  // Those of the frame come first, in its order, with names or without.
  const inFrame = (frame?.paths ?? []).map(
    (path, index) => [named.get(path.join('.')) ?? `unknown_${index + 1}`, path] as const,
  );
  const others = members.flatMap(({ path }, index) => {
    const name = names[index];
    return name === undefined || inFrame.some(([known]) => known === name) ? [] : [[name, path] as const];
  });
  return objectFormat(Object.fromEntries([...inFrame, ...others]), [essential.filter(has)], {
    frame: frame?.literals,
  });
}

/** Of these a line has one, or it is no request. */
const essential = ['status', 'upstream_addr', 'upstream_status', 'request', 'request_uri', 'request_method'];

/** Errors of Caddy's look like requests that it has logged besides. */
const ofCaddy = /"logger":\s*"http\.log/;

function flatObjectIn(line: string): FlatObject | undefined {
  if (!/^\s*\{.*\}\s*$/s.test(line) || ofCaddy.test(line)) return undefined;
  try {
    const flat = new Map<string, { path: readonly string[]; value: string }>();
    // Without escape=json nginx writes \xHH, and without quotes nothing or a dash for what is not set.
    const json = line.replaceAll(/\\x([0-9A-F]{2})/g, '\\u00$1').replaceAll(/:\s*-?\s*(?=[,}])/g, ':null');
    collect(JSON.parse(json), [], flat);
    return flat;
  } catch {
    return undefined;
  }
}

function collect(
  value: unknown,
  path: readonly string[],
  into: Map<string, { path: readonly string[]; value: string }>,
): void {
  if (Array.isArray(value)) {
    if (typeof value[0] !== 'object') collect(value[0], path, into);
  } else if (typeof value === 'object' && value !== null) {
    if (path.length < maxDepth)
      for (const [name, inner] of Object.entries(value)) collect(inner, [...path, name], into);
  } else if (value !== null && value !== undefined) {
    into.set(path.join('\0'), { path, value: String(value) });
  }
}

/** A status, and a target, a method or an address with a port, wherever they stand. */
function looksLikeRequest(object: FlatObject): boolean {
  const values = [...object.values()].map(({ value }) => value);
  return (
    values.some((value) => /^[1-5]\d\d$/.test(value)) &&
    values.some((value) => /^(?:\/|https?:\/\/|[A-Z]{3,10}(?: |$)|\d+\.\d+\.\d+\.\d+:\d)/.test(value))
  );
}

/** What shippers add about themselves and where a line comes from is none of the request's. */
const foreign = new Set(
  [
    'kubernetes',
    'agent',
    'host',
    'ecs',
    'cloud',
    'container',
    'docker',
    'log',
    'file',
    'input',
    'event',
  ].concat(
    ['service', 'labels', 'fields', 'process', 'orchestrator', 'metadata', 'stream', 'tls', 'geoip'],
    // A time or a status of theirs is not the request's.
    ['upstream', 'backend', 'proxy', 'origin', 'target'],
  ),
);

/** The last names of a path, which may be called as variables are: `nginx.access.status`. */
function tailsOf(path: readonly string[]): readonly string[] {
  if (path.slice(0, -1).some((name) => foreign.has(name.toLowerCase()))) return [];
  return path.slice(1).map((_, index) => path.slice(index + 1).join('.'));
}

/** An object cut into the texts around its values, with the way to each of them. */
interface Frame {
  readonly literals: readonly Uint8Array[];
  readonly paths: readonly (readonly string[])[];
}

/** The frame that most lines have; `undefined` where there is none that a program could read. */
function usualFrame(lines: readonly string[]): Frame | undefined {
  const counts = new Map<string, number>();
  let usual: Frame | undefined;
  for (const frame of lines.flatMap((line) => frameOf(line) ?? [])) {
    const key = frame.literals.join('\0');
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (usual === undefined || (counts.get(key) ?? 0) > (counts.get(usual.literals.join('\0')) ?? 0))
      usual = frame;
  }
  return usual;
}

/** Of an object without arrays, and without a value that is not set; its names are each there once. */
function frameOf(line: string): Frame | undefined {
  const literals: string[] = [];
  const paths: string[][] = [];
  const open: string[] = [];
  let literal = '';
  let key = '';
  for (const { 0: token, 1: string, index } of line.matchAll(/"((?:[^"\\]|\\.)*)"|[-+.\w]+|[^"]/gs)) {
    const isString = string !== undefined;
    if (isString && /^\s*:/.test(line.slice(index + token.length, index + token.length + 9))) {
      key = string;
      literal += token;
    } else if (isString || /^[-+.\w]+$/.test(token)) {
      if (token === 'null' || token === '-') return undefined;
      literals.push(isString ? `${literal}"` : literal);
      paths.push([...open.slice(1), key]);
      literal = isString ? '"' : '';
    } else {
      if (token === '[') return undefined;
      if (token === '{') open.push(key);
      if (token === '}') open.pop();
      literal += token;
    }
  }
  if (new Set(paths.map((path) => path.join('\0'))).size < paths.length) return undefined;
  return { literals: [...literals, literal].map((text) => Buffer.from(text)), paths };
}
