import { parseSizeBytes } from '../nginx/size.js';
import { shown } from '../text/shown.js';
import { type Configuration, type Place, placesOf } from './configuration.js';
import { isOptional, partsOf, readsBody } from './key.js';
import { isBalanced, type Pool } from './pool.js';
import { lineOf, type Remark, type Rule } from './rule.js';
import type { Scope } from './scope.js';
import { streamWitness } from './stream-places.js';

/** The same for every request, whatever it asks for. */
const fixed: ReadonlySet<string> = new Set(['hostname', 'nginx_version', 'proxy_host', 'proxy_port']);
const paths: ReadonlySet<string> = new Set(['uri', 'document_uri']);
const targets: ReadonlySet<string> = new Set([...paths, 'request_uri']);

interface Hashed {
  readonly pool: Pool;
  readonly key: string;
  readonly isConsistent: boolean;
  readonly places: readonly Place[];
}

/** A rule about the keys of pools that balance by one and have something to balance. */
function ofKeys(
  find: (hashed: Hashed, configuration: Configuration) => Omit<Remark, 'at'> | undefined,
): Rule['check'] {
  return (configuration) =>
    configuration.pools.filter(isBalanced).flatMap((pool) => {
      const { algorithm } = pool;
      const at = pool.methods.at(-1);
      if (algorithm?.method !== 'hash' || at === undefined) return [];
      const places = placesOf(pool, configuration);
      const found = find(
        { pool, key: algorithm.key, isConsistent: algorithm.consistent, places },
        configuration,
      );
      return found === undefined ? [] : [{ at, ...found }];
    });
}

function hashLine(key: string, { isConsistent }: Hashed): string {
  return lineOf('hash', key, ...(isConsistent ? ['consistent'] : []));
}

/** What makes a key of those that have one, and of the client's address for all others. */
function withFallback(variables: readonly string[], hashed: Hashed): readonly string[] {
  const source = variables.map((name) => `$${name}`).join('');
  return [`map ${source} $balance_key {`, '    "" $remote_addr;', `    default ${source};`, '}'].concat(
    hashLine('$balance_key', hashed),
  );
}

function named(variables: readonly string[]): string {
  return variables.map((name) => `$${name}`).join(', ');
}

/** The variables of a key that are all empty for some requests. */
function optionalVariables(key: string, configuration: Configuration): readonly string[] {
  const { variables } = partsOf(key);
  return variables.every((name) => isOptional(name, configuration)) ? variables : [];
}

const emptyKeys = ofKeys((hashed, configuration) => {
  const { key } = hashed;
  const variables = optionalVariables(key, configuration);
  // Of keys made of the body something better is said.
  if (variables.length === 0 || partsOf(key).text !== '' || readsBody(key, configuration)) return undefined;
  return {
    what: `the key ${shown(key)} is empty for every request without ${named(variables)}`,
    why: 'nginx balances requests with an empty key round robin and says nothing, so their clients change servers with every request.',
    fix: withFallback(variables, hashed),
  };
});

const sharedKeys = ofKeys((hashed, configuration) => {
  const { key } = hashed;
  const variables = optionalVariables(key, configuration);
  const { text } = partsOf(key);
  if (variables.length === 0 || text === '') return undefined;
  return {
    what: `the key ${shown(key)} is ${shown(text)} for every request without ${named(variables)}`,
    why: 'All requests that lack the variables have one key in common, so a single server gets them all.',
    fix: withFallback(variables, hashed),
  };
});

/** `location = /path` without a rewrite that would make another path of it. */
function exactPath({ scope }: Place): string | undefined {
  const isRewritten = scope.outwards().some((around) => around.named('rewrite').length > 0);
  const [kind, path] = scope.enclosing('location')?.block.args ?? [];
  return kind === '=' && !isRewritten ? path : undefined;
}

const constantKeys = ofKeys((hashed) => {
  const { pool, key, places } = hashed;
  const { variables } = partsOf(key);
  const fix = [hashLine('$remote_addr', hashed)];
  const why = 'A hash sends all requests of one key to one server, so the other servers get nothing.';
  if (variables.every((name) => fixed.has(name)))
    return { what: `the key ${shown(key)} is the same for every request`, why, fix };
  if (!variables.every((name) => fixed.has(name) || paths.has(name))) return undefined;
  const exact = new Set(places.map(exactPath));
  const servers = pool.servers.filter(({ down, backup }) => !down && !backup).length;
  if (exact.size === 0 || exact.has(undefined) || exact.size >= servers) return undefined;
  return {
    what: `the key ${shown(key)} is the path, and the ${servers} servers are reached by ${exact.size === 1 ? 'one path' : `${exact.size} paths`} only`,
    why,
    fix,
  };
});

const pathKeys = ofKeys((hashed, configuration) => {
  const { key, places } = hashed;
  const { variables } = partsOf(key);
  if (variables.length === 0 || !variables.every((name) => targets.has(name))) return undefined;
  // Where it is certain, something worse is said of it already.
  if (constantKeys(configuration).some(({ at }) => at === hashed.pool.methods.at(-1))) return undefined;
  const witnesses = places.map((place) => streamWitness(place, 'llm'));
  const [witness] = witnesses;
  if (witness === undefined || witnesses.includes(undefined)) return undefined;
  return {
    what: `the key ${shown(key)} is the path, and the pool seems to be an LLM service (${witness})`,
    why: 'Such a service has a handful of paths and the prompt is in the body, so all chat requests have one key and go to one server.',
    fix: [lineOf('least_conn')],
  };
});

/** nginx's defaults on 64-bit systems. */
const defaultBody = { buffer: '16k', max: '1m' };

/** Why the body of some requests is not in memory when a server is chosen, and what keeps it there. */
function missingBody(scope: Scope): { readonly reason: string; readonly fix: readonly string[] } | undefined {
  if (scope.setting('proxy_request_buffering') === 'off') {
    return {
      reason:
        'proxy_request_buffering is off, so no more of the body is there than what came together with the head',
      fix: [lineOf('proxy_request_buffering', 'on')],
    };
  }
  if ((scope.setting('client_body_in_file_only') ?? 'off') !== 'off') {
    return {
      reason: 'client_body_in_file_only puts every body into a file',
      fix: [lineOf('client_body_in_file_only', 'off')],
    };
  }
  const buffer = scope.setting('client_body_buffer_size') ?? defaultBody.buffer;
  const max = scope.setting('client_max_body_size') ?? defaultBody.max;
  const [bufferBytes, maxBytes] = [parseSizeBytes(buffer), parseSizeBytes(max)];
  if (!bufferBytes.ok || !maxBytes.ok || (maxBytes.value > 0 && bufferBytes.value >= maxBytes.value))
    return undefined;
  const bound = maxBytes.value === 0 ? '8m' : max;
  return {
    reason: `bodies of more than ${buffer} (client_body_buffer_size) go to a file, and ${maxBytes.value === 0 ? 'any size' : `up to ${max}`} is let in`,
    fix: [
      ...(maxBytes.value === 0 ? [lineOf('client_max_body_size', bound)] : []),
      lineOf('client_body_buffer_size', bound),
    ],
  };
}

const bodyKeys = ofKeys(({ key, places }, configuration) => {
  if (!readsBody(key, configuration)) return undefined;
  const missing = places.map(({ scope }) => missingBody(scope)).find((found) => found !== undefined);
  if (missing === undefined) return undefined;
  return {
    what: `the key ${shown(key)} is made of $request_body, but ${missing.reason}`,
    why: '$request_body is empty when the body is not in memory, so the requests with the longest bodies do not go to the server of their key: where it is empty, nginx balances round robin.',
    fix: missing.fix,
  };
});

/** Keys of `hash` that do not do what a hash is for. */
export const hashKeyRules: readonly Rule[] = [
  {
    id: 'hash-key-constant',
    severity: 'error',
    meaning: 'a key that is the same for every request sends them all to one server',
    check: constantKeys,
  },
  {
    id: 'hash-key-of-path',
    severity: 'warning',
    meaning: 'all chat requests of an LLM service have one path, and go to one server',
    check: pathKeys,
  },
  {
    id: 'hash-key-shared',
    severity: 'warning',
    meaning: 'requests without the variable of a key share the rest of it, and go to one server',
    check: sharedKeys,
  },
  {
    id: 'hash-key-empty',
    severity: 'note',
    meaning: 'requests whose key is empty go round robin, without a word',
    check: emptyKeys,
  },
  {
    id: 'hash-key-of-body',
    severity: 'warning',
    meaning: 'a body that is not in memory makes no key, so the longest prompts go round robin',
    check: bodyKeys,
  },
];
