import type { ExpectedBackend } from '../../model/plan.js';
import type { Upstream } from '../../model/upstream.js';
import { readConfig } from '../../nginx/config/read.js';
import { upstreamsOf } from '../../nginx/upstream.js';
import { closestTo } from '../../text/closest.js';
import { shown } from '../../text/shown.js';
import type { Path } from '../place.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';
import { poolWeights } from './expected.js';

type ExpectInput = NonNullable<CheckedScenario['expect']>;
/** The one form whose `nginxConf` is a text; in the map of addresses every value is a number. */
type ConfigInput = Extract<ExpectInput, { nginxConf: string }>;

/** What is expected of the backends; both absent where a fault says why. */
export interface Expectation {
  readonly expected: readonly ExpectedBackend[] | undefined;
  /** The nginx block that the weights come from, if they come from one. */
  readonly pool?: Upstream | undefined;
}

/** The weights that a scenario with a target says its backends have. */
export function resolveExpect(expect: ExpectInput, context: ResolveContext): Expectation {
  if (isConfig(expect)) {
    const pool = fromConfig(expect, context);
    return { expected: pool && poolWeights(pool.servers), pool };
  }
  const expected = Object.entries(expect).map(([address, weight]) => ({ address, weight }));
  if (expected.every(({ weight }) => weight === 0)) {
    context.faults.add(
      {
        path: ['expect'],
        blame: 'value',
        message: 'expected at least one weight above 0, got none',
        hint: 'write { 127.0.0.1:8001: 1, 127.0.0.1:8002: 1 }',
      },
      ['expect'],
    );
  }
  return { expected };
}

function isConfig(expect: ExpectInput): expect is ConfigInput {
  return 'nginxConf' in expect && typeof expect.nginxConf === 'string';
}

function fromConfig(
  { nginxConf, upstream: name }: ConfigInput,
  context: ResolveContext,
): Upstream | undefined {
  const { faults, files } = context;
  const path: Path = ['expect', 'nginxConf'];
  // Read once as a file of the scenario, for a fault at the right place when the main file itself is not there.
  if (files.readText(nginxConf, path) === undefined) return undefined;
  const config = readConfig(files.resolve(nginxConf), files.asConfigFiles());
  if (!config.ok) {
    for (const fault of config.faults.slice(0, 20)) faults.addElsewhere(fault);
    return undefined;
  }
  const { blocks, faults: poolFaults } = upstreamsOf(config.value);
  const pools = blocks.map((block) => block.upstream);
  const pool = choosePool(pools, name);
  if (pool !== undefined) return pool;
  for (const fault of poolFaults.slice(0, 20)) faults.addElsewhere(fault);
  const names = pools.map((candidate) => candidate.name);
  const known =
    names.length === 0 ? 'the configuration has none' : `there are ${names.slice(0, 10).join(', ')}`;
  const closest = name === undefined ? undefined : closestTo(name, names);
  faults.add({
    path: name === undefined ? path : ['expect', 'upstream'],
    blame: 'value',
    message:
      name === undefined
        ? `expected a configuration with one upstream block, got ${names.length} in ${shown(nginxConf)}`
        : `expected the name of an upstream block in ${shown(nginxConf)}, got ${shown(name)}`,
    hint:
      name === undefined && names.length > 1
        ? `add upstream: ${names[0]}; ${known}`
        : `${closest === undefined ? '' : `did you mean ${closest}? `}${known}`,
  });
  return undefined;
}

function choosePool(pools: readonly Upstream[], name: string | undefined): Upstream | undefined {
  if (name !== undefined) return pools.find((pool) => pool.name === name);
  return pools.length === 1 ? pools[0] : undefined;
}
