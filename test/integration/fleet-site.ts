import type { Report, RunReport } from '../../src/model/report.js';
import { type Environment, type Started, Workplace } from '../e2e/lbbench.js';
import { FleetTarget } from './fleet-target.js';
import { RealRedis } from './real-redis.js';

/** Which requests of a run each path belongs to: drawn from the seed and the number of the request. */
export const path = '/x?i={1..900000000000}';

/** A Redis, a target that remembers what it was asked, and the agents and runs of a test. */
export class FleetSite {
  readonly redis = new RealRedis();
  readonly place = new Workplace();
  readonly agents: Started[] = [];
  target!: FleetTarget;

  static async open(redisOptions: readonly string[] = []): Promise<FleetSite> {
    const site = new FleetSite();
    await site.redis.start(redisOptions);
    site.target = await FleetTarget.start();
    return site;
  }

  async close(): Promise<void> {
    for (const { child } of this.agents) {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    }
    await Promise.all(this.agents.map(({ ended }) => ended));
    await this.target.close();
    await this.redis.remove();
    this.place.remove();
  }

  /** Agent `n` sends from 127.0.`n`.1, so that the target can tell the agents apart. */
  agent(n: number, args: readonly string[] = [], env: Environment = {}, redis = this.redis.url): Started {
    const started = this.place.start(
      [
        'agent',
        '--redis',
        redis,
        '--name',
        `a${n}`,
        '--threads',
        '2',
        '--source-addresses',
        `127.0.${n}.1`,
        ...args,
      ],
      env,
    );
    this.agents.push(started);
    return started;
  }

  run(
    count: number,
    load: string,
    args: readonly string[] = [],
    env: Environment = {},
    redis = this.redis.url,
  ): Started {
    const file = this.place.write(
      'scenario.yaml',
      `target: ${this.target.url}
seed: 7
load: { ${load} }
requests: [{ path: "${path}" }]
`,
    );
    return this.place.start(
      ['run', file, '--quiet', '--export-json', '-', '--redis', redis, '--agents', String(count), ...args],
      env,
    );
  }
}

/** The report of a run that came to one. */
export async function reportOf({
  ended,
}: Started): Promise<{ run: RunReport; report: Report; code: number | null; stderr: string }> {
  const { stdout, stderr, code } = await ended;
  if (stdout === '') throw new Error(`expected a report, got ${code}: ${stderr}`);
  const report = JSON.parse(stdout) as Report;
  return { report, run: report.runs[0] as RunReport, code, stderr };
}
