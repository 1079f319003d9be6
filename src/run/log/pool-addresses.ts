import { parseAddress } from '../../nginx/address.js';
import { directivesNamed } from '../../nginx/config/directive.js';
import { diskFiles } from '../../nginx/config/files.js';
import { readConfig } from '../../nginx/config/read.js';

/**
 * The addresses of all `upstream` blocks of a configuration as nginx prints them, but for host names. Faults of the
 * configuration are told where it is asked for more than a help in reading.
 */
export function poolAddresses(conf: string): readonly string[] {
  const config = readConfig(conf, diskFiles);
  if (!config.ok) return [];
  const servers = directivesNamed(config.value, 'upstream').flatMap(({ block = [] }) =>
    directivesNamed(block, 'server'),
  );
  return servers.flatMap(({ args }) => {
    const address = parseAddress(args[0] ?? '');
    return address.ok && address.value.kind !== 'name' ? [address.value.canonical] : [];
  });
}
