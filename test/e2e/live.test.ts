import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

let server: HttpTarget;
let url = '';
const workplace = new Workplace();
beforeAll(async () => {
  server = await HttpTarget.start((_, response) => {
    response.setHeader('X-Upstream', '<b>evil</b>');
    response.end();
  });
  url = server.url;
});
afterAll(() => {
  server.close();
  workplace.remove();
});

/** Waits until the page is there and says what it should. */
async function pageSays(file: string, what: RegExp): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const page = existsSync(join(workplace.folder, file)) ? workplace.read(file) : '';
    if (what.test(page)) return page;
    await wait(50);
  }
  throw new Error(`the page never said ${what}`);
}

const refresh = /<meta http-equiv="refresh" content="2">/;

describe('--live', () => {
  it('shows how a run is getting on, without a script, and the report at its end', async () => {
    const run = workplace.start([
      'run',
      url,
      '--rate',
      '50/s',
      '-t',
      '120',
      '--live',
      'live.html',
      '--quiet',
    ]);
    const page = await pageSays('live.html', /goes on/);
    expect(page).toMatch(refresh);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<b>evil');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    const last = workplace.read('live.html');
    expect(last).not.toMatch(refresh);
    expect(last).toContain('Share over time');
  });

  it('shows a log that is followed as it grows', async () => {
    const line = '1700000000.100 "GET / HTTP/1.1" 200 to: 127.0.0.1:8001\n';
    const format = '$msec "$request" $status to: $upstream_addr';
    workplace.write('access.log', line.repeat(3));
    const follow = workplace.start([
      'log',
      'access.log',
      '--format',
      format,
      '--follow',
      '--live',
      'log.html',
      '--quiet',
    ]);
    expect(await pageSays('log.html', /3 requests/)).toMatch(refresh);
    appendFileSync(join(workplace.folder, 'access.log'), line.repeat(4));
    await pageSays('log.html', /7 requests/);
    follow.child.kill('SIGINT');
    await follow.ended;
    expect(workplace.read('log.html')).not.toMatch(refresh);
  });

  it.each([
    [['log', 'access.log', '--live', 'x.html'], '--live: expected --follow beside it'],
    [['run', 'http://h', '--live', '-'], '--live: expected a file, got "-"'],
    [['run', 'http://h', '--live', 'missing/x.html'], '--live: expected a file that can be written'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await workplace.lbbench(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
