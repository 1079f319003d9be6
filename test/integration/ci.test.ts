import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = resolve(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/ci.md'), 'utf8');
const blocks = [...guide.matchAll(/```(yaml|sh)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({
  kind: kind ?? '',
  text: text ?? '',
}));

/** The block of the guide that a text stands in. */
function block(text: string): string {
  const found = blocks.filter((one) => one.text.includes(text));
  expect(found).toHaveLength(1);
  return found[0]?.text ?? '';
}

interface Step {
  readonly name?: string;
  readonly run?: string;
}

const githubJob = parse(block('runs-on:')) as { jobs: { balance: { steps: Step[] } } };
const gitlabJob = parse(block('image:')) as { balance: { script: string[]; before_script: string[] } };
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
  inputs: Record<string, { default?: string }>;
  runs: { steps: (Step & { env?: Record<string, string> })[] };
};
const labScenario = block('lab:\n');
const targetScenario = block('target: http');

/** A balancer whose n-th answer comes from the backend that `pick` says. */
let pick: (index: number) => 1 | 2;
let served = 0;
let server: Server;
let folder: string;

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, { 'X-Upstream': `127.0.0.1:800${pick(served++)}` }).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

beforeEach(() => {
  served = 0;
  folder = mkdtempSync(join(tmpdir(), 'lbbench-ci-'));
  const bin = join(folder, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  // What an install leaves for npx to find.
  writeFileSync(
    join(bin, 'lbbench'),
    `#!/bin/sh\nexec '${process.execPath}' '${root}/bin/lbbench.js' "$@"\n`,
  );
  chmodSync(join(bin, 'lbbench'), 0o755);
  return () => rmSync(folder, { recursive: true });
});

/** The guide's scenario for a balancer of one's own, on the test's. */
function useTarget(requests = 5000): void {
  const { port } = server.address() as AddressInfo;
  const text = targetScenario
    .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replace('5000', String(requests));
  writeFileSync(join(folder, 'balance.yaml'), text);
}

/** Runs shell lines as GitHub does: `bash -e`. */
function shell(script: string, env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    const options = {
      cwd: folder,
      env: { ...process.env, GITHUB_ACTIONS: undefined, ...env },
    };
    const args = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
    execFile('bash', args, options, (error, stdout, stderr) => {
      done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

const onGithub = () => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
  GITHUB_OUTPUT: join(folder, 'output'),
});
const file = (name: string) => readFileSync(join(folder, name), 'utf8');
const judge = githubJob.jobs.balance.steps.find(({ name }) => name === 'Judge the spread')?.run ?? '';

describe('the GitHub job of docs/ci.md', () => {
  it('ends with 0 on the scenario as it stands there', async () => {
    writeFileSync(join(folder, 'balance.yaml'), labScenario);
    const { code, stderr } = await shell(judge, onGithub());
    expect(stderr).not.toContain('::error');
    expect(code).toBe(0);
    expect(file('summary.md')).toMatch(/^## `balance`: ✅ pass\n/);
    for (const name of ['lbbench.json', 'lbbench.html', 'lbbench.xml']) expect(file(name)).not.toBe('');
  });

  it('ends with 0 on a fair balancer, without an annotation', async () => {
    pick = (index) => (index % 2 === 0 ? 1 : 2);
    useTarget();
    const { code, stderr } = await shell(judge, onGithub());
    // That the machine was too busy to look at answers at once is no finding about the balancer.
    const annotations = stderr.split('\n').filter((line) => line.startsWith('::'));
    expect(annotations.filter((line) => !/lbbench (?:looked|itself|stood)/.test(line))).toEqual([]);
    expect(code).toBe(0);
    expect(file('summary.md')).toContain('✅ pass');
  });

  it('ends with 1 on a balancer of 60 to 40, with an annotation and the summary', async () => {
    pick = (index) => (index % 5 < 3 ? 1 : 2);
    useTarget();
    const { code, stderr } = await shell(judge, onGithub());
    expect(code).toBe(1);
    // 3 of 5 instead of a half is a fifth more.
    expect(stderr).toMatch(
      /^::error title=fail%3A skew < 5%25::balance: 20\.0 %25 \(in 99 of 100 fair draws/m,
    );
    expect(file('summary.md')).toMatch(/^## `balance`: ❌ fail\n/);
    expect(file('lbbench.xml')).toContain('<failure');
    expect(JSON.parse(file('lbbench.json')).verdict).toBe('fail');
  });

  it('ends with 4 on too few requests, with a warning that says how many decide', async () => {
    pick = (index) => (index % 5 < 3 ? 1 : 2);
    useTarget(20);
    const { code, stderr } = await shell(judge, onGithub());
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /^::warning title=inconclusive%3A skew < 5%25::balance: 20\.0 %25 \(.*; \d,\d{3} requests would decide skew < 5 %25\)$/m,
    );
    expect(file('summary.md')).toMatch(/^## `balance`: ❔ inconclusive\n/);
  });

  it('lets an inconclusive run through, and only that, in the variant for it', async () => {
    const [step] = parse(block('-eq 4')) as Step[];
    pick = (index) => (index % 5 < 3 ? 1 : 2);
    useTarget(20);
    const few = await shell(step?.run ?? '', onGithub());
    expect(few).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('::warning::the spread could not be judged'),
    });
    useTarget();
    expect((await shell(step?.run ?? '', onGithub())).code).toBe(1);
  });
});

describe('the GitLab job of docs/ci.md', () => {
  it.each([
    ['a fair balancer', 0, (index: number) => (index % 2 === 0 ? 1 : 2), 5000],
    ['one of 60 to 40', 1, (index: number) => (index % 5 < 3 ? 1 : 2), 5000],
    ['too few requests', 4, (index: number) => (index % 5 < 3 ? 1 : 2), 20],
  ] as const)('ends on %s with %d and keeps its reports', async (_what, code, picks, requests) => {
    pick = picks;
    useTarget(requests);
    expect((await shell(gitlabJob.balance.script.join('\n'))).code).toBe(code);
    for (const name of ['lbbench.json', 'lbbench.html', 'lbbench.xml']) expect(file(name)).not.toBe('');
    expect(existsSync(join(folder, 'summary.md'))).toBe(false);
  });
});

/** The project's lists of packages alone, of which none is installed. */
function bare(): string {
  const path = join(folder, 'bare');
  mkdirSync(path);
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(root, name), join(path, name));
  return path;
}

describe('action.yml', () => {
  const step = action.runs.steps.find(({ name }) => name === 'Run');
  const inputs = (scenario: string, args: string) => ({
    ...onGithub(),
    GITHUB_ACTION_PATH: root,
    SCENARIO: scenario,
    ARGUMENTS: args,
    REPORTS: action.inputs.reports?.default ?? '',
  });

  it('runs a scenario with further flags, keeps the reports and hands on the exit code', async () => {
    pick = (index) => (index % 5 < 3 ? 1 : 2);
    useTarget();
    const failed = await shell(step?.run ?? '', inputs('balance.yaml', '--threshold "p99 < 5s" -n 3000'));
    expect(failed.code).toBe(1);
    expect(file('output')).toBe('exit-code=1\n');
    const report = JSON.parse(file('lbbench-report/report.json'));
    expect(report.runs[0].outcomes.started).toBe(3000);
    expect(report.thresholds.map(({ rule }: { rule: string }) => rule)).toContain('p99 < 5s');
    expect(file('lbbench-report/report.html')).toMatch(/^<!doctype html>/);
    expect(file('lbbench-report/report.xml')).toContain('<testsuites');
    expect((await shell(step?.run ?? '', inputs('balance.yaml', ''))).code).toBe(1);
  });

  it('builds with what it needs for that, also where NODE_ENV=production would leave it out', async () => {
    const [build] = action.runs.steps.filter(({ name }) => name === 'Build lbbench');
    // npm itself says what it would do; nothing is installed.
    const { stdout } = await shell(`${build?.run} --dry-run --ignore-scripts`, {
      ...onGithub(),
      GITHUB_ACTION_PATH: bare(),
      NODE_ENV: 'production',
    });
    expect(stdout).toMatch(/add typescript /);
  });

  it('takes its inputs for text, whatever they hold', async () => {
    for (const { run } of action.runs.steps) expect(run ?? '').not.toContain('${{');
    useTarget();
    const evil = await shell(
      step?.run ?? '',
      inputs('$(touch owned).yaml', "--threshold '$(touch owned)' ; touch owned"),
    );
    expect(evil.code).not.toBe(0);
    expect(existsSync(join(folder, 'owned'))).toBe(false);
  });
});

describe('the commands of docs/ci.md', () => {
  it('judge against a baseline', async () => {
    pick = (index) => (index % 2 === 0 ? 1 : 2);
    useTarget();
    await shell('npx lbbench run balance.yaml --quiet --export-json main.json && cp main.json lbbench.json');
    const commands = blocks
      .filter(({ kind, text }) => kind === 'sh' && text.includes('baseline'))
      .map(({ text }) => text);
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      const { code, stdout } = await shell(
        command.replaceAll(/baseline \* [\d.]+/g, (limit) =>
          limit.endsWith('1.2') ? 'baseline * 50' : 'baseline * 0.02',
        ),
      );
      expect(stdout).toContain('Verdict: pass');
      expect(code).toBe(0);
    }
  });
});
