import type { Fault } from '../../model/fault.js';
import type { LogFormat } from '../../nginx/log-format.js';
import { ByteCache } from '../../text/byte-cache.js';
import { isPrintable, shown } from '../../text/shown.js';
import type { LogFields, TextField } from '../dialect/dialect.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import type { TimeReader } from '../scanner/time-reader.js';
import type { SplitBy } from './line-question.js';
import { type Bounds, narrow, pathEnd, textOf } from './text-value.js';

/** Names the table that a line belongs to; the line's time has been read before. */
export type KeyOfLine = (buffer: Uint8Array, line: LineMatcher, status: number | undefined) => string;

/** Longest name of a table; longer values are cut, and those that start alike share one. */
const maxKeyLength = 200;

function textFieldOf(by: SplitBy, fields: LogFields): TextField | undefined {
  return by === 'uri' || by === 'method' || by === 'host'
    ? fields[by]
    : by === 'user-agent'
      ? fields.userAgent
      : undefined;
}

/** What is wrong with splitting a format's lines that way. */
export function splitFaults(by: SplitBy | undefined, fields: LogFields): Fault[] {
  if (by === undefined) return [];
  const has =
    by === 'status'
      ? fields.status
      : by === 'day' || by === 'hour' || by === 'minute'
        ? fields.time
        : textFieldOf(by, fields);
  if (has !== undefined) return [];
  return [
    {
      path: '--by',
      message: `expected a log format that carries what to split by, got one without ${by}`,
      hint: 'split by something that the lines have, or add the variable to log_format',
    },
  ];
}

/** Compiles the splitting of lines; `time` has read the line's time before the key is asked for. */
export function compileSplit(
  by: SplitBy,
  fields: LogFields,
  format: LogFormat,
  time: TimeReader | undefined,
): KeyOfLine {
  if (by === 'status') {
    return (_, __, status) => (status === undefined ? '-' : String(status).padStart(3, '0'));
  }
  if (by === 'day' || by === 'hour' || by === 'minute') return timeKey(by, time);
  const field = textFieldOf(by, fields);
  return field === undefined ? () => '-' : textKey(by, field, format);
}

const isoLength = { day: 10, hour: 13, minute: 16 } as const;
const unitMs = { day: 86_400_000, hour: 3_600_000, minute: 60_000 } as const;

/** `2025-03-02`, `2025-03-02T21`, `2025-03-02T21:10`, in the log's own time zone. */
function timeKey(by: 'day' | 'hour' | 'minute', time: TimeReader | undefined): KeyOfLine {
  let lastUnit = Number.NaN;
  let lastKey = '-';
  return () => {
    if (time === undefined) return '-';
    const localMs = time.ms + time.offsetSec * 1000;
    const unit = Math.floor(localMs / unitMs[by]);
    if (unit !== lastUnit) {
      lastUnit = unit;
      lastKey = new Date(unit * unitMs[by]).toISOString().slice(0, isoLength[by]);
    }
    return lastKey;
  };
}

function textKey(by: SplitBy, field: TextField, format: LogFormat): KeyOfLine {
  const known = new ByteCache<string>();
  const bounds: Bounds = { start: 0, end: 0 };
  return (buffer, line) => {
    bounds.start = line.starts[field.variable] as number;
    bounds.end = line.ends[field.variable] as number;
    narrow(field, buffer, bounds);
    const { start } = bounds;
    // A table a URI, not a table a query.
    const end = by === 'uri' ? pathEnd(buffer, start, bounds.end) : bounds.end;
    const before = known.get(buffer, start, end);
    if (before !== undefined) return before;
    const key = keyText(textOf(buffer, start, end, format));
    known.set(buffer, start, end, key);
    return key;
  };
}

function keyText(text: string): string {
  if (text === '') return '-';
  const cut = text.length > maxKeyLength ? `${text.slice(0, maxKeyLength)}…` : text;
  return isPrintable(cut) ? cut : shown(cut, maxKeyLength + 1);
}
