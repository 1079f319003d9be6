import { resolve } from 'node:path';
import { type Fault, LbbenchError } from '../model/fault.js';
import type { Plan } from '../model/plan.js';
import type { Report } from '../model/report.js';
import { formatAlgorithm } from '../nginx/algorithm.js';
import { poolWeights } from '../scenario/resolve/expected.js';
import { type PutBack, putBack } from '../trial/keeper.js';
import { findMaster } from '../trial/master.js';
import { filesOf, findSite } from '../trial/site.js';
import { startTrial } from '../trial/trial.js';
import type { RunControl } from './run-control.js';
import { runOn } from './run-scenario.js';

/** Which block of which configuration the methods are tried in. */
export interface TryPlace {
  /** The file that nginx was started with. */
  readonly nginxConf: string;
  readonly upstream: string;
}

/** What a try would do, for whoever is asked. */
export interface PreparedTry {
  readonly file: string;
  readonly line: number;
  /** The method as it is now. */
  readonly algorithm: string;
  /** The master process of nginx. */
  readonly pid: number;
  /** How often it will be reloaded, the last time by the first configuration. */
  readonly reloads: number;
  /** Does it. @throws LbbenchError; the configuration is as it was then, or the fault says where the original is kept */
  run(control?: RunControl): Promise<Report>;
}

/**
 * Looks whether methods can be tried on the user's own nginx, one after the other, and what that takes. Nothing is changed.
 *
 * @param plan with a target that this nginx serves, and algorithms
 * @throws LbbenchError where it is not sure that it can
 */
export async function prepareTry(plan: Plan, { nginxConf, upstream }: TryPlace): Promise<PreparedTry> {
  expectTarget(plan);
  const site = findSite(resolve(nginxConf), upstream);
  const master = await findMaster(site.conf);
  const { upstream: pool } = site.block;
  const tried: Plan = { ...plan, pool, expected: poolWeights(pool.servers) };
  const open = startTrial.bind(undefined, site, master, plan.algorithms);
  return {
    file: site.file,
    line: site.line,
    algorithm: formatAlgorithm(pool.algorithm),
    pid: master.pid,
    reloads: plan.algorithms.length * plan.repeat + 1,
    run: (control = {}) => runOn((onWarning, signal) => open({ onWarning, signal }), tried, control),
  };
}

function expectTarget({ target, algorithms }: Plan): void {
  const faults: Fault[] = [];
  if (target === undefined) {
    faults.push({
      path: 'target',
      message: 'expected the URL of the nginx whose method is tried, got a lab',
      hint: 'a lab tries methods by itself: lbbench run',
    });
  }
  if (algorithms.length === 0) {
    faults.push({
      path: '--algorithm',
      message: 'expected the methods to try, got none',
      hint: 'repeat --algorithm, or name them in the scenario: algorithms: [round_robin, least_conn]',
    });
  }
  if (faults.length > 0) throw new LbbenchError('usage', faults);
}

/** What was done about a file of a configuration. */
export interface Restored {
  readonly file: string;
  readonly done: Exclude<PutBack, 'nothing'>;
}

/**
 * Puts back what tries that were cut off, by a power failure for one, have left in a configuration.
 *
 * @param nginxConf the file that nginx is started with
 * @returns the files that were put back; none when there was nothing to do
 * @throws LbbenchError when a try is under way, or somebody else has changed the file since
 */
export async function restoreTry(nginxConf: string): Promise<readonly Restored[]> {
  const { conf, files } = filesOf(resolve(nginxConf));
  const restored: Restored[] = [];
  for (const file of files) {
    const done = await putBack(file, conf);
    if (done !== 'nothing') restored.push({ file, done });
  }
  return restored;
}
