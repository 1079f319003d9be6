import type { FieldForm, RequestData } from '../../model/plan.js';
import { closestTo } from '../../text/closest.js';
import { shown } from '../../text/shown.js';
import { type DataRecord, formatOfName, recordsOf } from '../data-file.js';
import { parseHeaderValue } from '../grammar/http-field.js';
import { encodePath, targetProblem } from '../grammar/request-path.js';
import type { Path } from '../place.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';
import type { FieldUse } from './template.js';

export type DataInput = NonNullable<CheckedScenario['data']>;

/** Faults of one data file that are told. */
const maxFaults = 5;

/** What the fields of all records may take in memory, one form beside the other. */
const maxBytes = 256 * 1024 * 1024;

/** Faults what looks like a field where there is no data to take it from. */
export function refuseFields(uses: readonly FieldUse[], { faults }: ResolveContext): void {
  for (const { field, path, blame, offset } of uses) {
    faults.add({
      path,
      blame,
      message: `expected {1..500}, {uuid} or {seq}, got ${shown(`{${field}}`)}`,
      hint: `the text {${field}} is written {{${field}}}; a field of a file needs data: FILE`,
      offset,
    });
  }
}

/**
 * Reads a data file and makes of each record what requests take of it, ready to be sent: whatever a record cannot be
 * sent as is found before the first request.
 *
 * @param at where the scenario names the file
 */
export function resolveData(
  input: DataInput,
  at: Path,
  uses: readonly FieldUse[],
  context: ResolveContext,
): RequestData | undefined {
  const { faults, files } = context;
  if (uses.length === 0) {
    faults.add({
      path: at,
      blame: 'key',
      message: 'expected a request that takes a field of the data, got none',
      hint: 'write {line}, or a field such as {prompt}, in a path, header or body',
    });
    return undefined;
  }
  const text = files.readText(input.file, at);
  if (text === undefined) return undefined;
  const format = input.format ?? formatOfName(input.file);
  const columns = columnsOf(uses);
  const values: string[] = [];
  let [records, faulty, bytes] = [0, 0, 0];
  const elsewhere = (line: number, message: string, hint?: string) => {
    faulty += 1;
    if (faulty <= maxFaults) faults.addElsewhere({ file: files.resolve(input.file), line, message, hint });
  };
  for (const row of recordsOf(text, format)) {
    if (!row.ok) {
      elsewhere(row.line, row.message, row.hint);
      continue;
    }
    const { record } = row;
    records += 1;
    for (const column of columns) {
      const value = fieldOf(record, column.field);
      if (value === undefined) {
        // What the first record does not have is a name that is wrong in the scenario, most likely.
        if (records === 1) refuseUnknown(column, record, input.file, context);
        else elsewhere(record.line, `expected the field ${shown(column.field)} in every record, got none`);
        if (records === 1) return undefined;
        continue;
      }
      const formed = formOf(value, column);
      if (formed.ok) {
        values.push(formed.value);
        bytes += Buffer.byteLength(formed.value);
      } else elsewhere(record.line, formed.message, formed.hint);
    }
    if (faulty >= maxFaults) break;
    if (bytes > maxBytes) {
      const message = `expected data of at most ${maxBytes} bytes in all forms, got more in ${shown(input.file)}`;
      faults.add({ path: at, blame: 'value', message, hint: 'take a part of it' });
      return undefined;
    }
  }
  if (faulty > 0) return undefined;
  if (records === 0) {
    faults.add({
      path: at,
      blame: 'value',
      message: `expected at least one record, got none in ${shown(input.file)}`,
    });
    return undefined;
  }
  return {
    file: input.file,
    order: input.order,
    records,
    columns: columns.map(({ field, form }) => ({ field, form })),
    ...packedRecords(values),
  };
}

interface Column {
  readonly field: string;
  readonly form: FieldForm;
  readonly use: FieldUse;
}

function columnsOf(uses: readonly FieldUse[]): readonly Column[] {
  const columns = new Map<string, Column>();
  for (const use of uses) {
    const { field, form } = use;
    const key = `${form} ${field}`;
    if (!columns.has(key)) columns.set(key, { field, form, use });
  }
  return [...columns.values()];
}

/** The whole record is its `line`; a name with dots leads into maps and lists, where the record has none of that name. */
function fieldOf({ text, fields }: DataRecord, name: string): unknown {
  if (fields instanceof Map) return fields.get(name) ?? (name === 'line' ? text : undefined);
  if (fields !== undefined && Object.hasOwn(fields, name)) return Reflect.get(fields, name);
  if (name === 'line') return text;
  let value: unknown = fields;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function refuseUnknown(
  { field, use }: Column,
  { fields }: DataRecord,
  file: string,
  { faults }: ResolveContext,
): void {
  const names = [...(fields instanceof Map ? fields.keys() : Object.keys(fields ?? {})), 'line'];
  const closest = closestTo(field, names);
  faults.add({
    path: use.path,
    blame: use.blame,
    message: `expected a field of ${shown(file)}, got ${shown(`{${field}}`)}`,
    hint: `${closest === undefined ? '' : `did you mean {${closest}}? `}there are ${names
      .slice(0, 10)
      .map((name) => shown(name, 40))
      .join(', ')}; the text {${field}} is written {{${field}}}`,
    offset: use.offset,
  });
}

type Formed =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string; readonly hint?: string | undefined };

/** A value as it is sent; a refusal for what cannot be. */
function formOf(value: unknown, { field, form }: Column): Formed {
  if (form === 'json-value') return { ok: true, value: JSON.stringify(value) };
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  switch (form) {
    case 'json':
      return { ok: true, value: JSON.stringify(text).slice(1, -1) };
    case 'path':
      return /\p{Cs}/u.test(text)
        ? { ok: false, message: `expected well-formed Unicode in ${shown(field)}, got half a character` }
        : { ok: true, value: encodeURIComponent(text) };
    case 'target': {
      const problem = targetProblem(text);
      return problem ?? { ok: true, value: encodePath(text) };
    }
    case 'header': {
      const header = parseHeaderValue(text);
      return header.ok ? { ok: true, value: text } : header;
    }
    case 'text':
      return { ok: true, value: text };
  }
}

/** The values of records, column by column, as requests take them: one copy for all threads. */
export function packedRecords(values: readonly string[]): Pick<RequestData, 'bytes' | 'ends'> {
  const size = values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  const ends = new Uint32Array(new SharedArrayBuffer(4 * values.length));
  const writer = Buffer.from(bytes.buffer);
  let end = 0;
  values.forEach((value, index) => {
    end += writer.write(value, end);
    ends[index] = end;
  });
  return { bytes, ends };
}
