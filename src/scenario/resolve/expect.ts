import type { ExpectedBackend } from '../../model/plan.js';
import type { Upstream } from '../../model/upstream.js';
import { chooseUpstream } from '../../nginx/choose-upstream.js';
import { readConfig } from '../../nginx/config/read.js';
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
  const chosen = chooseUpstream(config.value, name, (first) => `add upstream: ${first}`);
  if (chosen.ok) return chosen.block.upstream;
  if (chosen.about === 'block') {
    for (const fault of chosen.faults) faults.addElsewhere(fault);
    return undefined;
  }
  faults.add({
    path: chosen.about === 'name' ? ['expect', 'upstream'] : path,
    blame: 'value',
    message: `${chosen.message} in ${shown(nginxConf)}`,
    hint: chosen.hint,
  });
  return undefined;
}
