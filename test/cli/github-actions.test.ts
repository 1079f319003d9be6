import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json } from '../../src/report/json.js';
import { report, run as runReport } from '../report/fixture.js';
import { lbbench } from './io-fixture.js';

let folder: string;
const at = (name: string) => join(folder, name);
const evil = '##[error]pwned';

/** What the runner does with a line: v2 commands behind any space, v1 commands anywhere. */
const commandsIn = (text: string) =>
  text.split(/\r\n|\r|\n/).filter((line) => line.trimStart().startsWith('::') || line.includes('##['));

/** All but lbbench's own annotations, of which a line is never more than one. */
const forgedIn = (text: string) => commandsIn(text).filter((line) => !/^::(error|warning) title=/.test(line));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-github-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const onGithub = (...argv: string[]) =>
  lbbench(folder, argv, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('summary.md') });

describe('inside GitHub Actions', () => {
  it.each([evil, '::error::pwned'])('no text of a log is a command: %s', async (text) => {
    const request = (uri: string) =>
      `10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET ${uri} HTTP/1.1" 200 1 "-" "-"`;
    writeFileSync(at('access.log'), `${request(`/${evil}`)}\n${request(text)}\n${text}\n${text}\n`);
    const { code, stdout, stderr } = await onGithub('log', at('access.log'), '--by', 'uri');
    expect(code).toBe(0);
    expect(stdout).toContain('pwned');
    expect(stderr).toContain('pwned');
    expect(forgedIn(stdout)).toEqual([]);
    expect(forgedIn(stderr)).toEqual([]);
    writeFileSync(at('none.log'), `${text}\n`);
    const unread = await onGithub('log', at('none.log'));
    expect(unread.stderr).toContain('pwned');
    expect(forgedIn(unread.stderr)).toEqual([]);
  });

  it('no name in a saved report or a pool is a command, nor what somebody mistyped', async () => {
    const named = (name: string) => json(report({ runs: [runReport({ name, algorithm: undefined })] }));
    writeFileSync(at('a.json'), named('::error::pwned'));
    writeFileSync(at('b.json'), named(evil));
    writeFileSync(at('plan.yaml'), `name: "${evil}"\ntarget: http://127.0.0.1:9\n"${evil}": 1\n`);
    for (const argv of [
      ['report', 'a.json'],
      ['report', 'b.json'],
      ['compare', 'a.json', 'b.json'],
      ['check', at('plan.yaml')],
      [evil],
      ['ab', `-${evil}`],
      ['simulate', '--upstream', evil, '--requests', '1'],
    ]) {
      const { stdout, stderr } = await onGithub(...argv);
      expect(stdout + stderr).toMatch(/error|illegal option/);
      expect(commandsIn(`${stdout}\n${stderr}`)).toEqual([]);
    }
  });

  it("no header that a server sends is one in ab's report", async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { Server: evil, 'X-Upstream': evil }).end('ok');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const { stdout } = await onGithub('ab', '-n', '3', `http://127.0.0.1:${port}/`);
    server.close();
    expect(stdout).toContain('pwned');
    expect(commandsIn(stdout)).toEqual([]);
  });

  it('the thresholds of a log are annotations, and its report the summary', async () => {
    const line = '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 500 1 "-" "-"\n';
    writeFileSync(at('access.log'), line.repeat(10));
    const { code, stderr } = await onGithub('log', at('access.log'), '--threshold', 'errors < 1%');
    expect(code).toBe(1);
    expect(commandsIn(stderr)[0]).toMatch(/^::error title=fail%3A errors < 1%25::.*100 %25$/);
    expect(forgedIn(stderr)).toEqual([]);
    expect(readFileSync(at('summary.md'), 'utf8')).toContain('❌ fail');
  });

  it('all text goes through the one place that sees to this', () => {
    const src = resolve(import.meta.dirname, '../../src/cli');
    const strays = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'print.ts')
      .filter((name) =>
        /\b(stdout|stderr)\.write\(|\bwrite\(io\.std/.test(readFileSync(join(src, name), 'utf8')),
      );
    // The annotations themselves, and the empty text that waits for stdout to be taken.
    expect(strays.sort()).toEqual(['github-actions.ts', 'main.ts']);
  });
});
