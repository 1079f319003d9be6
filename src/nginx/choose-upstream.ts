import type { Fault } from '../model/fault.js';
import { closestTo } from '../text/closest.js';
import { shown } from '../text/shown.js';
import type { Directive } from './config/directive.js';
import { type UpstreamBlock, upstreamsOf } from './upstream.js';

/** Faults of one configuration that are told; the rest would only scroll the first ones away. */
const maxFaults = 20;

type Choice =
  | { readonly ok: true; readonly block: UpstreamBlock }
  /** The block is there, or may be, but cannot be read. */
  | { readonly ok: false; readonly about: 'block'; readonly faults: readonly Fault[] }
  /** It is not clear which one is meant: the name is wrong, or there is none where one is needed. */
  | {
      readonly ok: false;
      readonly about: 'name' | 'configuration';
      readonly message: string;
      readonly hint: string;
    };

/**
 * The one `upstream` block that is meant. Without a name a configuration must have no other, not even one that cannot be
 * read: what is left over would be a guess.
 *
 * @param howToName what to do about several blocks, such as `add upstream: NAME`
 */
export function chooseUpstream(
  config: readonly Directive[],
  name: string | undefined,
  howToName: (first: string) => string,
): Choice {
  const { blocks, faults } = upstreamsOf(config);
  const block = name === undefined ? blocks[0] : blocks.find(({ upstream }) => upstream.name === name);
  const isClear = name !== undefined || blocks.length + faults.length === 1;
  if (block !== undefined && isClear) return { ok: true, block };
  if (faults.length > 0) return { ok: false, about: 'block', faults: faults.slice(0, maxFaults) };
  const names = blocks.map(({ upstream }) => upstream.name);
  const [first] = names;
  if (first === undefined) {
    const example = 'upstream backend { server 127.0.0.1:8001; server 127.0.0.1:8002; }';
    return {
      ok: false,
      about: 'configuration',
      message: 'expected an upstream block, got none',
      hint: `write for example ${example}`,
    };
  }
  const known = `there are ${names
    .slice(0, 10)
    .map((one) => shown(one))
    .join(', ')}`;
  if (name === undefined) {
    return {
      ok: false,
      about: 'configuration',
      message: `expected one upstream block, got ${names.length}`,
      hint: `${howToName(shown(first))}; ${known}`,
    };
  }
  const closest = closestTo(name, names);
  return {
    ok: false,
    about: 'name',
    message: `expected the name of an upstream block, got ${shown(name)}`,
    hint: `${closest === undefined ? '' : `did you mean ${shown(closest)}? `}${known}`,
  };
}
