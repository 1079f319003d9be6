import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { workerAccount } from '../../../src/lab/nginx/account.js';
import { freePorts } from '../../lab/free-port.js';
import { foundIn } from '../../lint/lint.js';
import { isListening } from '../../listening.js';
import { Client } from './client.js';

/** A configuration as a user has it; `PORT` is where its server listens. */
export interface Site {
  readonly config: string;
  /** The rules that lint is to find in it. */
  readonly finds: readonly string[];
}

/**
 * Has lint judge a configuration, runs the very same on a real nginx of as many workers as it says, and hands over a
 * client of it.
 */
export async function serving<T>({ config, finds }: Site, use: (client: Client) => Promise<T>): Promise<T> {
  expect(foundIn(config).map((found) => found.replace(/:\d+$/, ''))).toEqual(finds);
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'lbbench-lint-'));
  const args = argumentsIn(folder, config.replaceAll('PORT', String(port)));
  const nginx = spawn('nginx', args, { stdio: 'ignore' });
  const exited = once(nginx, 'exit');
  try {
    while (!(await isListening({ host: '127.0.0.1', port }))) {
      if (nginx.exitCode !== null) throw new Error(`nginx did not start with\n${config}`);
      await sleep(10);
    }
    return await use(new Client(port));
  } finally {
    nginx.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether `nginx -t` takes a configuration. */
export function accepts(config: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'lbbench-lint-'));
  try {
    const args = argumentsIn(folder, config.replaceAll('PORT', '1'));
    return spawnSync('nginx', [...args, '-t'], { stdio: 'ignore' }).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a child process of a test needs on top goes in front of and into the http block; nothing of it balances. */
function argumentsIn(folder: string, config: string): readonly string[] {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const account = workerAccount();
  const main = [
    'daemon off;',
    `pid ${folder}/nginx.pid;`,
    `error_log ${folder}/error.log;`,
    ...(account === undefined ? [] : [`user ${account};`]),
    'events {}',
  ];
  const text = config.replace(/^http \{/m, `http { access_log off; ${temporary.join(' ')}`);
  writeFileSync(join(folder, 'nginx.conf'), `${main.join('\n')}\n${text}`);
  return ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
}
