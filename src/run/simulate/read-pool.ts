import { type Fault, LbbenchError } from '../../model/fault.js';
import type { Upstream } from '../../model/upstream.js';
import type { Warning } from '../../model/warning.js';
import type { Directive } from '../../nginx/config/directive.js';
import { diskFiles } from '../../nginx/config/files.js';
import { readConfig } from '../../nginx/config/read.js';
import { upstreamsOf } from '../../nginx/upstream.js';
import { faultText } from '../../scenario/fault-text.js';
import { closestTo } from '../../text/closest.js';
import { shown } from '../../text/shown.js';
import { resolveNames } from '../host-names.js';

/** Faults of one file that are told; the rest would only scroll the first ones away. */
const maxFaults = 20;

/**
 * The directives of an nginx configuration, or of a part of one, with everything that it includes.
 *
 * @throws LbbenchError
 */
export function readConfiguration(file: string): readonly Directive[] {
  const config = readConfig(file, diskFiles);
  if (config.ok) return config.value;
  throw new LbbenchError(
    'usage',
    config.faults.slice(0, maxFaults).map((fault) => ({ file, ...fault })),
  );
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
  const { blocks, faults } = upstreamsOf(config);
  const block = name === undefined ? blocks[0] : blocks.find(({ upstream }) => upstream.name === name);
  if (block === undefined || (name === undefined && blocks.length + faults.length > 1)) {
    if (faults.length > 0) throw new LbbenchError('usage', faults.slice(0, maxFaults));
    throw new LbbenchError('usage', [
      choice(
        file,
        name,
        flag,
        blocks.map(({ upstream }) => upstream.name),
      ),
    ]);
  }
  const warnings = [
    ...block.warnings,
    ...block.unmodelled.map((directive) => ({
      ...directive.at,
      message: `${shown(directive.name)} is not modelled: the picks are those of the block without it`,
    })),
  ].map((fault): Warning => ({ code: 'configuration', text: faultText(fault) }));
  return { upstream: await resolved(block.upstream, file), warnings };
}

/** What to say when it is not clear which block is meant. */
function choice(file: string, name: string | undefined, flag: string, names: readonly string[]): Fault {
  const known = names
    .slice(0, 10)
    .map((one) => shown(one))
    .join(', ');
  if (names.length === 0) {
    const example = 'upstream backend { server 127.0.0.1:8001; server 127.0.0.1:8002; }';
    return { file, message: 'expected an upstream block, got none', hint: `write for example ${example}` };
  }
  if (name === undefined) {
    const message = `expected one upstream block, got ${names.length}`;
    return { file, message, hint: `choose one with ${flag}; there are ${known}` };
  }
  const closest = closestTo(name, names);
  return {
    file,
    path: flag,
    message: `expected the name of an upstream block, got ${shown(name)}`,
    hint: `${closest === undefined ? '' : `did you mean ${shown(closest)}? `}there are ${known}`,
  };
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
