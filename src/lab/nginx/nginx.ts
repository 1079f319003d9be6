import { execFile } from 'node:child_process';
import { readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Algorithm } from '../../model/algorithm.js';
import { LbbenchError } from '../../model/fault.js';
import type { ProxyPlan } from '../../model/plan.js';
import type { ServerLine } from '../../model/upstream.js';
import { isAtLeast } from '../../nginx/version.js';
import type { Balancer } from '../balancer/balancer.js';
import type { Certificate } from '../certificate.js';
import { Child } from '../child.js';
import { makeFolder, removeFolder, unwritable } from '../folder.js';
import { freePort } from '../free-port.js';
import { printable } from '../printable.js';
import { workerAccount, workerConnections } from './account.js';
import {
  accessLogName,
  type ConfigPlan,
  certificateName,
  configText,
  errorLogName,
  keyName,
} from './config-text.js';
import type { NginxBinary } from './find.js';
import type { GuardianCalls } from './main.js';
import { probeGeneration } from './probe.js';
import { isRunning, WorkerLog } from './workers.js';

const run = promisify(execFile);

/** How long nginx may take to answer by a new configuration; old workers are cut after 5 s (`configText`). */
const readyLimitMs = 15_000;
const pollMs = 10;
/** Another program may take a free port between our choosing it and nginx's binding it. */
const portTries = 5;
const configName = 'nginx.conf';

export interface NginxPlan {
  readonly poolName: string;
  readonly servers: readonly ServerLine[];
  readonly algorithm: Algorithm;
  readonly workers: number;
  readonly zone: boolean;
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly proxy: ProxyPlan | undefined;
  /** `undefined` without TLS. */
  readonly certificate: Certificate | undefined;
  /** Told what nginx warns of. */
  readonly onWarning: (text: string) => void;
}

/**
 * Starts nginx, unprivileged and out of a folder of its own, and waits until it answers.
 *
 * @throws {LbbenchError} with nginx's own words when it refuses the configuration or does not start; nothing is left
 * running then
 */
export async function startNginx(binary: NginxBinary, plan: NginxPlan): Promise<Balancer> {
  const folder = makeFolder();
  const nginx = new Nginx(binary, plan, folder);
  try {
    await nginx.start();
    return nginx;
  } catch (error) {
    await nginx.close();
    throw error;
  }
}

class Nginx implements Balancer {
  readonly name: string;
  readonly accessLog: string;
  readonly #binary: NginxBinary;
  readonly #plan: NginxPlan;
  readonly #guardian: Child<GuardianCalls>;
  readonly #folder: string;
  readonly lost: Promise<LbbenchError>;
  readonly #errorLog: string;
  readonly #workerLog: WorkerLog;
  #port = 0;
  #generation = 0;
  #master: number | undefined;
  #closing = false;
  #toldWarnings = '';
  #lose: (error: LbbenchError) => void = () => {};

  constructor(binary: NginxBinary, plan: NginxPlan, folder: string) {
    this.name = binary.name;
    this.accessLog = join(folder, accessLogName);
    this.#binary = binary;
    this.#plan = plan;
    this.#folder = folder;
    this.#guardian = new Child('the guardian of nginx', new URL('./main.js', import.meta.url), [folder]);
    this.#errorLog = join(folder, errorLogName);
    this.#workerLog = new WorkerLog(this.#errorLog);
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  get port(): number {
    return this.#port;
  }

  get pids(): readonly number[] {
    const workers = this.#workerLog.started().filter(isRunning);
    return [this.#guardian.pid, this.#master, ...workers].filter((pid) => pid !== undefined);
  }

  async start(): Promise<void> {
    for (let left = portTries; ; left--) {
      this.#port = await freePort(this.#plan.port, 'nginx');
      await this.#configure(this.#plan.algorithm);
      this.#master = await this.#guardian.call('launch', { path: this.#binary.path, args: this.#args() });
      try {
        await this.#until(
          async () => (await probeGeneration(this.#port, this.#plan.certificate?.cert)) === this.#generation,
        );
        break;
      } catch (error) {
        const taken = error instanceof LbbenchError && /bind\(\) to .* failed/.test(error.message);
        if (!taken || this.#plan.port !== 0 || left <= 1) throw error;
      }
    }
    void this.#watch();
  }

  /** Ends all of it when the master or the guardian has ended, and tells. */
  async #watch(): Promise<void> {
    const error = await Promise.race([
      this.#guardian.lost,
      this.#guardian.call('ended', undefined, Number.POSITIVE_INFINITY).then(
        ({ signal, stderr }) =>
          signal === undefined ? this.#refused(this.#lastWords(stderr)) : this.#killed(signal),
        (lost: LbbenchError) => lost,
      ),
    ]);
    if (this.#closing) return;
    await this.close();
    this.#lose(error);
  }

  async use(algorithm: Algorithm): Promise<void> {
    const old = this.#workerLog.started().filter(isRunning);
    await this.#configure(algorithm);
    await this.#assertRunning();
    this.#reload();
    // Old workers stop accepting before they end, and a new one answers once they accept: after both, only new ones do.
    await this.#until(
      async () =>
        !old.some(isRunning) &&
        (await probeGeneration(this.#port, this.#plan.certificate?.cert)) === this.#generation,
    );
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      await this.#guardian.call('stop', undefined).catch(() => {
        // A guardian that is gone has taken nginx with it; one that hangs is killed below.
      });
    }
    await this.#guardian.stop();
    removeFolder(this.#folder);
  }

  async complaints(): Promise<readonly string[]> {
    const full = isFull(this.#folder) ? ['its disk is full, so its access log lacks lines'] : [];
    return [...full, ...this.#workerLog.takeCrashes()].map((text) => `${this.name}: ${text}`);
  }

  #args(): string[] {
    const errorLog = isAtLeast(this.#binary.version, [1, 19, 5]) ? ['-e', errorLogName] : [];
    return ['-p', this.#folder, ...errorLog, '-c', configName];
  }

  /** Writes the configuration for an algorithm and has nginx check it. */
  async #configure(algorithm: Algorithm): Promise<void> {
    this.#generation += 1;
    const { poolName, servers, workers, zone, proxy, certificate } = this.#plan;
    const plan: ConfigPlan = {
      poolName,
      servers,
      algorithm,
      workers,
      zone,
      port: this.#port,
      generation: this.#generation,
      workerConnections: await workerConnections(),
      user: workerAccount(),
      proxy,
    };
    try {
      if (certificate !== undefined) {
        writeFileSync(join(this.#folder, certificateName), certificate.cert, { mode: 0o600 });
        writeFileSync(join(this.#folder, keyName), certificate.key, { mode: 0o600 });
      }
      writeFileSync(join(this.#folder, configName), configText(plan), { mode: 0o600 });
    } catch (error) {
      throw unwritable(error as NodeJS.ErrnoException);
    }
    const { failed, said } = await run(this.#binary.path, [...this.#args(), '-t'], { timeout: 10_000 }).then(
      ({ stderr }) => ({ failed: false, said: stderr }),
      (error: Error & { stderr?: string }) => ({ failed: true, said: error.stderr || error.message }),
    );
    if (failed) throw this.#refused(said);
    const warnings = linesWith(said, '[warn]');
    if (warnings !== '' && warnings !== this.#toldWarnings) this.#plan.onWarning(printable(warnings));
    this.#toldWarnings = warnings;
  }

  /** Polls until a condition holds; fails when nginx has ended or time is up. */
  async #until(condition: () => Promise<boolean>): Promise<void> {
    const endMs = performance.now() + readyLimitMs;
    while (!(await condition())) {
      await this.#assertRunning();
      if (performance.now() > endMs) {
        throw this.#refused(
          `it did not answer on 127.0.0.1:${this.#port} by its new configuration within ${readyLimitMs} ms`,
        );
      }
      await sleep(pollMs);
    }
  }

  #reload(): void {
    try {
      process.kill(this.#master ?? Number.NaN, 'SIGHUP');
    } catch {
      throw this.#refused('its master process is gone');
    }
  }

  async #assertRunning(): Promise<void> {
    const { running, stderr } = await this.#guardian.call('status', undefined);
    if (!running) throw this.#refused(this.#lastWords(stderr));
  }

  #lastWords(stderr: string): string {
    return stderr.trim() === '' ? lastComplaints(this.#errorLog) : stderr;
  }

  #killed(signal: NodeJS.Signals): LbbenchError {
    const message = `expected ${this.name} to be running, but its master was ended by ${signal}`;
    return new LbbenchError('unmeasurable', [{ path: 'lab', message }]);
  }

  #refused(said: string): LbbenchError {
    const words = printable(
      said.replaceAll(`${this.#folder}/`, '').replace(/^nginx: configuration file .* test failed$/m, ''),
    );
    return new LbbenchError('unmeasurable', [
      {
        path: 'lab',
        message: `expected ${this.name} to run, got: ${words === '' ? 'it ended without a word' : words}`,
        hint: 'change what nginx objects to, or use balancer: embedded',
      },
    ]);
  }
}

/** Whether a disk has no room left. */
function isFull(folder: string): boolean {
  try {
    return statfsSync(folder).bavail === 0;
  } catch {
    return false;
  }
}

/** Lines that contain one of the marks. */
function linesWith(text: string, ...marks: string[]): string {
  return text
    .split('\n')
    .filter((line) => marks.some((mark) => line.includes(mark)))
    .join('\n');
}

/** Why nginx ended, from the end of its error log. */
function lastComplaints(errorLog: string): string {
  try {
    return linesWith(readFileSync(errorLog, 'utf8').slice(-65_536), '[emerg]', '[alert]');
  } catch {
    return '';
  }
}
