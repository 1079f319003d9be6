import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Report } from '../../src/model/report.js';

const program = resolve(import.meta.dirname, '../../bin/lbbench.js');

/** How a process ended. */
export interface Ended {
  /** `null` after a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A folder to run commands in, gone after the test. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'lbbench-e2e-'));
  /** Where the processes put their temporary files, so that each one left behind is seen. */
  readonly temporary = join(this.folder, 'tmp');

  constructor() {
    mkdirSync(this.temporary);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a file and returns its name. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return name;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** The reports that runs have written, in order of their names. */
  reports(folder = 'reports'): string[] {
    const path = join(this.folder, folder);
    return existsSync(path) ? readdirSync(path).sort() : [];
  }

  start(args: readonly string[], env: Environment = {}): Started {
    return start(process.execPath, [program, ...args], this.folder, { TMPDIR: this.temporary, ...env });
  }

  lbbench(args: readonly string[], env: Environment = {}): Promise<Ended> {
    return this.start(args, env).ended;
  }

  /** Another program of Node. */
  node(args: readonly string[]): Promise<Ended> {
    return start(process.execPath, args, this.folder, { TMPDIR: this.temporary }).ended;
  }

  /** A line of shell, in which `$LBBENCH` is the command. */
  shell(line: string): Promise<Ended> {
    const LBBENCH = `${process.execPath} ${program}`;
    return start('/bin/sh', ['-c', line], this.folder, { TMPDIR: this.temporary, LBBENCH }).ended;
  }

  /** Runs a scenario and returns its report, which must be all that stdout carries. */
  async run(scenario: string, args: readonly string[] = []): Promise<{ report: Report } & Ended> {
    const file = this.write('scenario.yaml', scenario);
    const ended = await this.lbbench(['run', file, '--quiet', '--export-json', '-', ...args]);
    if (ended.stdout === '') throw new Error(`expected a report, got ${ended.code}: ${ended.stderr}`);
    return { ...ended, report: JSON.parse(ended.stdout) as Report };
  }
}

/** Runs any program to its end. */
export function start(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Environment,
): Started {
  // vitest's own wish for colour is not the command's.
  const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = process.env;
  const child = spawn(command, args, {
    cwd,
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((settle, reject) => {
    child.once('error', reject);
    child.once('close', (code) => settle({ code, stdout, stderr }));
  });
  return { child, ended };
}
