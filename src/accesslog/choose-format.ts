import { resolve } from 'node:path';
import { LbbenchError } from '../model/fault.js';
import type { Directive } from '../nginx/config/directive.js';
import { knownFormats } from '../nginx/known-log-formats.js';
import type { EscapeMode, LogFormat } from '../nginx/log-format.js';
import { shown } from '../text/shown.js';
import { dialects } from './dialect/dialects.js';
import { type ConfigFormats, configFormats, formatNamed } from './dialect/nginx/config-formats.js';
import { nginx } from './dialect/nginx/nginx.js';
import { recogniseFormats } from './dialect/recognise.js';
import { type LineFormats, onlyFormat } from './reading/line-question.js';
import { sampleOf } from './source/line-sample.js';
import type { LogFile } from './source/log-file.js';
import type { Streams } from './source/streams.js';

/** How the format of a log is told. */
export type FormatChoice =
  /** The text of `log_format` as a configuration has it, or the name of a known format such as `combined`. */
  | { readonly text: string; readonly escape?: EscapeMode | undefined }
  /** A format chosen before. */
  | { readonly chosen: LogFormat }
  /**
   * An nginx configuration whose includes are expanded; without a name the formats of the file's `access_log`, else those
   * that its lines match.
   */
  | { readonly config: readonly Directive[]; readonly logName?: string | undefined };

/**
 * Decides the formats of logs, from what is told or from lines here and there in each file. What is told by name or text is
 * the only one; else a line may be of any other format that is known.
 *
 * @throws LbbenchError when the format is ambiguous, unknown or not to be found
 */
export async function chooseFormats(
  choice: FormatChoice | undefined,
  files: readonly LogFile[],
  streams: Streams,
): Promise<LineFormats> {
  if (choice === undefined) return recognised(files, streams, [], () => []);
  if ('chosen' in choice) return onlyFormat(choice.chosen);
  if ('text' in choice) return onlyFormat(compiled(choice.text, choice.escape));
  const formats = configFormats(choice.config);
  if (choice.logName !== undefined) return onlyFormat(named(formats, choice.logName));
  return recognised(files, streams, [...formats.formats.values()], ({ path }) =>
    [...(namesFor(formats, path) ?? [])].map((name) => named(formats, name)),
  );
}

function namesFor({ formatNamesOf }: ConfigFormats, path: string): ReadonlySet<string> | undefined {
  // Rotated files have the format of the log they were.
  const plain = resolve(path).replace(/(?:\.\d{1,4}|[-.]\d{6,14})?(?:\.gz)?$/, '');
  return formatNamesOf.get(plain) ?? formatNamesOf.get(path);
}

function named(formats: ConfigFormats, name: string): LogFormat {
  const format = formatNamed(formats, name);
  if (!format.ok) throw new LbbenchError('usage', format.faults);
  return format.value;
}

function compiled(text: string, mode: EscapeMode | undefined): LogFormat {
  const known = dialects.flatMap(({ formats }) =>
    Object.hasOwn(formats, text) ? [formats[text] as LogFormat] : [],
  )[0];
  if (known !== undefined) return known;
  const format = (dialects.find(({ isText }) => isText(text)) ?? nginx).compile(text, mode);
  if (format.ok) return format.value;
  throw new LbbenchError('usage', [{ path: '--format', message: format.message, hint: format.hint }]);
}

/**
 * @param candidates formats that lines are compared with first
 * @param toldOf the formats of a file as far as they are told
 */
async function recognised(
  files: readonly LogFile[],
  streams: Streams,
  candidates: readonly LogFormat[],
  toldOf: (file: LogFile) => readonly LogFormat[],
): Promise<LineFormats> {
  const seen: LogFormat[] = [];
  const orderOf = new Map<string, readonly number[]>();
  let firstLine: string | undefined;
  for (const file of files) {
    let formats = toldOf(file);
    if (formats.length === 0) {
      const sample = file.kind === 'stream' ? await streams.peek(file.path) : await sampleOf(file);
      if (sample.length === 0) continue;
      formats = recogniseFormats(sample, [...seen, ...candidates]);
      firstLine ??= Buffer.from(sample.subarray(0, 400)).toString('utf8').split('\n')[0] ?? '';
    }
    for (const format of formats) if (!seen.includes(format)) seen.push(format);
    if (formats.length > 0)
      orderOf.set(
        file.path,
        formats.map((format) => seen.indexOf(format)),
      );
  }
  const known = [...candidates, ...dialects.flatMap(({ formats }) => Object.values(formats))];
  if (seen.length > 0) return { seen, orderOf, known: known.filter((format) => !seen.includes(format)) };
  // Nothing to read: any format will do.
  if (firstLine === undefined) return onlyFormat(knownFormats.to as LogFormat);
  throw new LbbenchError('usage', [
    {
      file: files[0]?.path,
      line: 1,
      message: `expected lines of a format that is recognised (combined, "… to: $upstream_addr", JSON, tab-separated), got ${shown(firstLine, 160)}`,
      hint: 'give the text of log_format with --format, or the configuration with --conf nginx.conf',
    },
  ]);
}
