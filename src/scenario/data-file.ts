import { shown } from '../text/shown.js';

export type DataFormat = 'csv' | 'jsonl' | 'lines';

/** One record of a data file. */
export interface DataRecord {
  /** 1-based: where it begins. */
  readonly line: number;
  /** The record as it stands in the file, without its line break. */
  readonly text: string;
  /** What it says by name; `undefined` for one that says nothing. */
  readonly fields: ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>> | undefined;
}

/** What is wrong with a data file, and where. */
export interface DataFault {
  readonly line: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

type Row = { readonly ok: true; readonly record: DataRecord } | ({ readonly ok: false } & DataFault);

/** By the end of its name; what has no known one is read line by line. */
export function formatOfName(name: string): DataFormat {
  if (/\.csv$/i.test(name)) return 'csv';
  return /\.(jsonl|ndjson)$/i.test(name) ? 'jsonl' : 'lines';
}

/** The records of a data file one after another, wrong ones in their place. Lines without text are none. */
export function recordsOf(text: string, format: DataFormat): Generator<Row> {
  const whole = text.startsWith('\ufeff') ? text.slice(1) : text;
  return format === 'csv' ? csvRecords(whole) : lineRecords(whole, format);
}

function* lineRecords(text: string, format: 'jsonl' | 'lines'): Generator<Row> {
  let line = 0;
  for (let start = 0; start < text.length; ) {
    line += 1;
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    const content = text.slice(start, text[end - 1] === '\r' ? end - 1 : end);
    start = end + 1;
    if (content.trim() === '') continue;
    yield format === 'lines'
      ? { ok: true, record: { line, text: content, fields: undefined } }
      : jsonRecord(line, content);
  }
}

function jsonRecord(line: number, text: string): Row {
  try {
    const value: unknown = JSON.parse(text);
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return {
      ok: true,
      record: { line, text, fields: isMap ? (value as Record<string, unknown>) : undefined },
    };
  } catch {
    return {
      ok: false,
      line,
      message: `expected one JSON value a line, got ${shown(text, 40)}`,
      hint: 'format: lines takes each line as it is',
    };
  }
}

/** RFC 4180: a header line, fields with commas between them, quotes where a field holds commas, quotes or line breaks. */
function* csvRecords(text: string): Generator<Row> {
  let names: readonly string[] | undefined;
  for (const row of csvRows(text)) {
    if (!row.ok) {
      yield row;
      return;
    }
    const { line, values } = row;
    if (names === undefined) {
      const twice = values.find((name, index) => values.indexOf(name) < index);
      if (twice !== undefined) {
        yield { ok: false, line, message: `expected each column once, got ${shown(twice)} again` };
        return;
      }
      names = values;
    } else if (values.length !== names.length) {
      yield {
        ok: false,
        line,
        message: `expected ${names.length} fields as in the first line, got ${values.length}`,
        hint: 'a field with a comma or a quote stands between quotes, with its own quotes doubled',
      };
    } else {
      const fields = new Map(names.map((name, index) => [name, values[index]]));
      yield { ok: true, record: { line, text: row.text, fields } };
    }
  }
}

type CsvRow =
  | { readonly ok: true; readonly line: number; readonly text: string; readonly values: readonly string[] }
  | ({ readonly ok: false } & DataFault);

function* csvRows(text: string): Generator<CsvRow> {
  // A field in quotes, or one without; then what ends it.
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  let line = 1;
  for (let start = 0; start < text.length; ) {
    const values: string[] = [];
    let at = start;
    for (;;) {
      field.lastIndex = at;
      const match = field.exec(text);
      if (match === null) {
        const [what] = /^[^\r\n]*/.exec(text.slice(at, at + 200)) ?? [''];
        yield {
          ok: false,
          line,
          message: `expected a field of CSV, got ${shown(what, 40)}`,
          hint: 'a field with a comma or a quote stands between quotes, with its own quotes doubled',
        };
        return;
      }
      values.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
      at = field.lastIndex;
      if (match[3] !== ',') break;
    }
    const row = text.slice(start, at).replace(/\r?\n$/, '');
    if (row !== '') yield { ok: true, line, text: row, values };
    line += text.slice(start, at).split('\n').length - 1;
    start = at;
  }
}
