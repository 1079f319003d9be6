import { UnreadableFile } from '../files/read-whole.js';
import { lint } from '../lint/lint.js';
import { rules } from '../lint/rules.js';
import { Suppressions } from '../lint/suppressions.js';
import { LbbenchError } from '../model/fault.js';
import type { LintReport } from '../model/lint.js';
import { diskFiles } from '../nginx/config/files.js';
import { readConfig } from '../nginx/config/read.js';
import { patientSource, sourceOf } from '../nginx/config/source.js';
import { type NginxVersion, parseVersion } from '../nginx/version.js';
import { shown } from '../text/shown.js';
import { version } from './tool.js';

/** A configuration to look through: a file with what it includes, or a text; either may be all that `nginx -T` prints. */
export interface LintOptions {
  readonly source: { readonly file: string } | { readonly text: string };
  /** Of the nginx that runs it, as `1.31.5`; without one the defaults are those before 1.29.7. */
  readonly nginxVersion?: string | undefined;
}

/** Faults that are told; the rest would only scroll the first ones away. */
const maxFaults = 20;
/** What a text that came without a file is called. */
const stdin = 'stdin';

/**
 * Looks for what spoils the spread in an nginx configuration. An included file that cannot be read, such as one of the
 * machine that the configuration is for, is left out and named in the report.
 *
 * @throws LbbenchError with the faults' places when the configuration cannot be read
 */
export function lintConfig({ source, nginxVersion }: LintOptions): LintReport {
  const asked = nginxVersion === undefined ? undefined : versionOf(nginxVersion);
  const text = 'file' in source ? textOf(source.file) : source.text;
  const unread: string[] = [];
  const { path, files } = patientSource(sourceOf('file' in source ? source.file : stdin, text), (one) =>
    unread.push(one),
  );
  const suppressions = new Suppressions();
  const config = readConfig(path, files, (comment, at) => suppressions.add(comment, at));
  if (!config.ok) {
    throw new LbbenchError(
      'usage',
      config.faults.slice(0, maxFaults).map((fault) => ({ file: path, ...fault })),
    );
  }
  return {
    tool: { version },
    file: path,
    rules: rules.map(({ id, severity, meaning }) => ({ id, severity, meaning })),
    ...lint(config.value, suppressions, asked),
    unread: [...new Set(unread)],
  };
}

function versionOf(text: string): NginxVersion {
  const found = parseVersion(text);
  if (found !== undefined) return found;
  throw new LbbenchError('usage', [
    {
      path: '--nginx-version',
      message: `expected a version such as 1.22.1, got ${shown(text)}`,
      hint: 'nginx -v prints it',
    },
  ]);
}

function textOf(file: string): string {
  try {
    return diskFiles.read(file);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new LbbenchError('usage', [
      {
        file,
        message: `expected an nginx configuration, got ${error.found}`,
        hint: 'nginx -t says where it is; nginx -T | lbbench lint - takes it from nginx itself',
      },
    ]);
  }
}
