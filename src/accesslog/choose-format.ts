import { resolve } from 'node:path';
import { LbbenchError } from '../model/fault.js';
import { diskFiles } from '../nginx/config/files.js';
import { readConfig } from '../nginx/config/read.js';
import { knownFormats } from '../nginx/known-log-formats.js';
import { compileLogFormat, type EscapeMode, type LogFormat } from '../nginx/log-format.js';
import { unescaped } from '../nginx/tokens.js';
import { shown } from '../text/shown.js';
import { type ConfigFormats, configFormats, formatNamed } from './log-format/config-formats.js';
import { recogniseFormat } from './log-format/recognise.js';
import { firstLines } from './source/line-sample.js';
import type { LogFile } from './source/log-file.js';
import { readStream } from './source/read-stream.js';
import type { Streams } from './source/streams.js';

/** How the format of a log is told. */
export type FormatChoice =
  /** The text of `log_format` as a configuration has it, or the name of a known format such as `combined`. */
  | { readonly text: string; readonly escape?: EscapeMode | undefined }
  /** A format chosen before. */
  | { readonly chosen: LogFormat }
  /** An nginx configuration; without a name the format of the file's `access_log`, else the one its lines match. */
  | { readonly conf: string; readonly logName?: string | undefined };

/**
 * Decides the format of logs, from what is told or from the first lines.
 *
 * @throws LbbenchError when the format is ambiguous, unknown or not to be found
 */
export async function chooseFormat(
  choice: FormatChoice | undefined,
  files: readonly LogFile[],
  streams: Streams,
): Promise<LogFormat> {
  if (choice === undefined) return recognised(files, streams, []);
  if ('chosen' in choice) return choice.chosen;
  if ('text' in choice) return compiled(choice.text, choice.escape);
  const config = readConfig(choice.conf, diskFiles);
  if (!config.ok) throw new LbbenchError('usage', config.faults);
  const formats = configFormats(config.value);
  if (choice.logName !== undefined) return named(formats, choice.logName);
  const used = new Set(files.flatMap(({ path }) => [...(namesFor(formats, path) ?? [])]));
  const [only] = used;
  if (only !== undefined && used.size === 1) return named(formats, only);
  return recognised(files, streams, [...formats.formats.values()]);
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
  const known = Object.hasOwn(knownFormats, text) ? knownFormats[text] : undefined;
  if (known !== undefined) return known;
  const format = compileLogFormat(unescaped(text), mode);
  if (format.ok) return format.value;
  throw new LbbenchError('usage', [{ path: '--format', message: format.message, hint: format.hint }]);
}

async function recognised(
  files: readonly LogFile[],
  streams: Streams,
  candidates: readonly LogFormat[],
): Promise<LogFormat> {
  let firstLine: string | undefined;
  for (const file of files) {
    const sample = file.kind === 'stream' ? await streams.peek(file.path) : await linesOf(file);
    if (sample.length === 0) continue;
    const format = recogniseFormat(sample, candidates);
    if (format !== undefined) return format;
    firstLine ??= Buffer.from(sample.subarray(0, 400)).toString('utf8').split('\n')[0] ?? '';
  }
  // Nothing to read: any format will do.
  if (firstLine === undefined) return knownFormats.to as LogFormat;
  throw new LbbenchError('usage', [
    {
      file: files[0]?.path,
      line: 1,
      message: `expected lines of a format that is recognised (combined, "… to: $upstream_addr", JSON, tab-separated), got ${shown(firstLine, 160)}`,
      hint: 'give the text of log_format with --format, or the configuration with --conf nginx.conf',
    },
  ]);
}

function linesOf(file: LogFile): Promise<Uint8Array> {
  const noStreams = (): never => {
    throw new Error('a file is no stream');
  };
  return firstLines(readStream(file, noStreams, () => {}));
}
