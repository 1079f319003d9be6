import type { Fault } from '../../model/fault.js';
import type { LogFormat } from '../../nginx/log-format.js';
import { ByteCache } from '../../text/byte-cache.js';
import { isPrintable, shown } from '../../text/shown.js';
import type { TextField } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import type { TimeReader } from '../scanner/time-reader.js';
import { type SplitBy, splitNames } from './line-question.js';
import { unknownVariable } from './selector.js';
import { type Bounds, narrow, pathEnd, textOf, variableNamed } from './text-value.js';

/** Names the table that a line belongs to; the line's time has been read before. */
export type KeyOfLine = (buffer: Uint8Array, line: LineMatcher, status: number | undefined) => string;

/** Longest name of a table; longer values are cut, and those that start alike share one. */
const maxKeyLength = 200;

/** Where a text that lines are split by stands; `undefined` where the format does not carry it, or it is no text. */
export function splitField(by: SplitBy, format: LogFormat): TextField | undefined {
  const fields = dialectOf(format).fieldsOf(format);
  switch (by) {
    case 'uri':
    case 'method':
    case 'host':
      return fields[by];
    case 'user-agent':
      return fields.userAgent;
    default: {
      const variable = by.startsWith('$') ? variableNamed(format, by.slice(1)) : undefined;
      return variable === undefined ? undefined : { variable, part: 'whole' };
    }
  }
}

/** What is wrong with splitting a format's lines that way. */
export function splitFaults(by: SplitBy | undefined, format: LogFormat): Fault[] {
  if (by === undefined) return [];
  const { status, time } = dialectOf(format).fieldsOf(format);
  const isTime = by === 'day' || by === 'hour' || by === 'minute';
  const has = by === 'status' ? status : isTime ? time : splitField(by, format);
  if (has !== undefined) return [];
  if (by.startsWith('$')) return [unknownVariable('--by', by.slice(1), format, splitNames)];
  return [
    {
      path: '--by',
      message: `expected a log format that carries what to split by, got one without ${by}`,
      hint: 'split by something that the lines have, or add the variable to log_format',
    },
  ];
}

/** Compiles the splitting of lines; `time` has read the line's time before the key is asked for. */
export function compileSplit(by: SplitBy, format: LogFormat, time: TimeReader | undefined): KeyOfLine {
  if (by === 'status') {
    return (_, __, status) => (status === undefined ? '-' : String(status).padStart(3, '0'));
  }
  if (by === 'day' || by === 'hour' || by === 'minute') return timeKey(by, time);
  const field = splitField(by, format);
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
