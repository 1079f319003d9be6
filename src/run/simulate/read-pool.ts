import { readWhole, UnreadableFile } from '../../files/read-whole.js';
import { LbbenchError } from '../../model/fault.js';
import type { Upstream } from '../../model/upstream.js';
import type { Warning } from '../../model/warning.js';
import { chooseUpstream } from '../../nginx/choose-upstream.js';
import type { Directive } from '../../nginx/config/directive.js';
import { diskFiles } from '../../nginx/config/files.js';
import { readConfig } from '../../nginx/config/read.js';
import { patientSource, sourceOf } from '../../nginx/config/source.js';
import { faultText } from '../../scenario/fault-text.js';
import { shown } from '../../text/shown.js';
import { resolveNames } from '../host-names.js';

/** Faults of one file that are told; the rest would only scroll the first ones away. */
const maxFaults = 20;

/**
 * The directives of an nginx configuration, or of a part of one, with everything that it includes. The file may be all that
 * `nginx -T` prints.
 *
 * @param file `-` is standard input
 * @param onUnread gets the path of each included file that cannot be read; without it, that is a fault
 * @throws LbbenchError
 */
export function readConfiguration(file: string, onUnread?: (path: string) => void): readonly Directive[] {
  const name = file === '-' ? 'stdin' : file;
  const given = sourceOf(name, textOf(file, name));
  const source = onUnread === undefined ? given : patientSource(given, onUnread);
  const config = readConfig(source.path, source.files);
  if (config.ok) return config.value;
  throw new LbbenchError(
    'usage',
    config.faults.slice(0, maxFaults).map((fault) => ({ file: name, ...fault })),
  );
}

const standardInput = 0;

function textOf(file: string, name: string): string {
  try {
    return file === '-' ? readWhole(standardInput).toString() : diskFiles.read(file);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new LbbenchError('usage', [
      {
        file: name,
        message: `expected a readable file, got ${shown(name)}: ${error.message}`,
        hint: 'nginx -t says where it is; nginx -T | lbbench … --conf - takes it from nginx itself',
      },
    ]);
  }
}

/**
 * The pool of one `upstream` block. Host names are resolved as nginx does when it starts.
 *
 * @param file that the configuration was read from
 * @param name which block, where there are several
 * @param flag what the command line calls `name`
 * @throws LbbenchError
 */
export async function poolIn(
  config: readonly Directive[],
  file: string,
  name: string | undefined,
  flag: string,
): Promise<{ readonly upstream: Upstream; readonly warnings: readonly Warning[] }> {
  const chosen = chooseUpstream(config, name, () => `choose one with ${flag}`);
  if (!chosen.ok) {
    const { about } = chosen;
    throw new LbbenchError(
      'usage',
      about === 'block'
        ? chosen.faults
        : [{ file, path: about === 'name' ? flag : undefined, message: chosen.message, hint: chosen.hint }],
    );
  }
  const { block } = chosen;
  const warnings = [
    ...block.warnings,
    ...block.unmodelled.map((directive) => ({
      ...directive.at,
      message: `${shown(directive.name)} is not modelled: the picks are those of the block without it`,
    })),
  ].map((fault): Warning => ({ code: 'configuration', text: faultText(fault) }));
  return { upstream: await resolved(block.upstream, file), warnings };
}

async function resolved(upstream: Upstream, file: string): Promise<Upstream> {
  const { upstream: known, unknown } = await resolveNames(upstream);
  if (unknown.length === 0) return known;
  throw new LbbenchError(
    'usage',
    unknown.map(({ host, code }) => ({
      file,
      message: `expected a host name that resolves, got ${shown(host)} (${code})`,
      hint: 'nginx would not start with it either; write an address instead',
    })),
  );
}
