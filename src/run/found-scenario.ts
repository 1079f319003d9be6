import { LbbenchError } from '../model/fault.js';
import type { Plan } from '../model/plan.js';
import type { RunReport } from '../model/report.js';
import { formatAlgorithm } from '../nginx/algorithm.js';
import { formatServerLine } from '../nginx/server-line.js';
import { scenarioTemplateFor } from '../scenario/template.js';
import { shown } from '../text/shown.js';
import { runScenario } from './run-scenario.js';
import { readScenario } from './scenario-file.js';

export interface FoundOptions {
  /** URL of a balancer that runs. */
  readonly target: string;
  /** Full path of its nginx configuration. */
  readonly nginxConf?: string | undefined;
  /** Which block of it. */
  readonly upstream?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A scenario for a balancer, and what was seen of it, in lines for people. */
export interface FoundScenario {
  readonly text: string;
  readonly seen: readonly string[];
}

/** Long enough for a slow service to answer once. */
const timeout = '30s';

/**
 * Asks a balancer once, and writes a scenario for what is there.
 *
 * @throws LbbenchError when nobody answers, and with all faults of what was given
 */
export async function foundScenario({
  target,
  nginxConf,
  upstream,
  signal,
}: FoundOptions): Promise<FoundScenario> {
  const plan = planOf({ target, nginxConf, upstream });
  const report = await runScenario(plan, { signal });
  const [run] = report.runs;
  if (run === undefined) throw signal?.reason ?? new Error('a plan that was not interrupted has a run');
  const status = Object.keys(run.status)[0];
  if (status === undefined) {
    const reason = run.warnings.find(({ code }) => code === 'errors')?.text ?? 'no response';
    throw new LbbenchError('unmeasurable', [
      {
        path: '--target',
        message: `expected a balancer that answers, got none at ${shown(plan.target?.url ?? target)}: ${reason}`,
        hint: 'start it, or leave --target out for a scenario that brings its own',
      },
    ]);
  }
  const backend = run.backends.find(({ count }) => count > 0)?.address;
  const { pool } = plan;
  const text = scenarioTemplateFor({
    name: plan.name,
    target: withoutCredentials(target),
    hasCredentials: withoutCredentials(target) !== target,
    seen: backend,
    nginx:
      pool === undefined || nginxConf === undefined
        ? undefined
        : {
            conf: nginxConf,
            upstream: pool.name,
            method: formatAlgorithm(pool.algorithm),
            servers: pool.servers.map(formatServerLine),
          },
  });
  return { text, seen: [answerText(plan, status, backend), ...strangerText(plan, run, backend)] };
}

function planOf({ target, nginxConf, upstream }: FoundOptions): Plan {
  if (upstream !== undefined && nginxConf === undefined)
    throw LbbenchError.usage(
      '--upstream',
      'expected a configuration with it, got none',
      'add --nginx-conf FILE',
    );
  try {
    return readScenario({
      target,
      load: { requests: 1, timeout },
      allowErrors: true,
      ...(nginxConf !== undefined && { expect: { nginxConf, ...(upstream !== undefined && { upstream }) } }),
    }).plan;
  } catch (error) {
    if (!(error instanceof LbbenchError)) throw error;
    const flags = { target: '--target', 'expect.nginxConf': '--nginx-conf', 'expect.upstream': '--upstream' };
    const faults = error.faults.map(({ path = '', ...fault }) => ({
      ...fault,
      path: (flags as Readonly<Record<string, string>>)[path] ?? path,
      hint: fault.hint?.replace(/^add upstream: /, 'add --upstream '),
    }));
    throw new LbbenchError(error.kind, faults);
  }
}

function answerText({ target }: Plan, status: string, backend: string | undefined): string {
  const url = shown(target?.url ?? '', 200);
  return backend === undefined
    ? `${url} answers with ${status}; which backend did is not told: add_header X-Upstream $upstream_addr always; has nginx say so`
    : `${url} answers with ${status}, by ${shown(backend)}`;
}

/** Who answered and does not stand in the configuration. */
function strangerText({ expected }: Plan, run: RunReport, backend: string | undefined): string[] {
  const row = run.backends.find(({ address }) => address === backend);
  if (expected === undefined || row === undefined || row.weight !== undefined) return [];
  return [`${shown(row.address)} is no server of the upstream block: is it the right one?`];
}

/** `http://user:secret@host/` */
function withoutCredentials(target: string): string {
  return target.replace(/^(https?:\/\/)[^/?#]*@/i, '$1');
}
