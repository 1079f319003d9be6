import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

const seen: string[] = [];
let server: HttpTarget;
let url = '';
const workplace = new Workplace();
beforeAll(async () => {
  server = await HttpTarget.start((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.setHeader('X-Upstream', '10.0.0.1:80');
    response.end();
  });
  url = server.url;
});
afterAll(() => {
  server.close();
  workplace.remove();
});

describe('lbbench run --from-log', () => {
  it('sends what the log says, from several threads too', async () => {
    const lines = Array.from(
      { length: 60 },
      (_, index) =>
        `127.0.0.1 - - [14/Nov/2023:22:13:0${Math.floor(index / 20)} +0000] "${index % 3 === 0 ? 'HEAD' : 'GET'} /p/${index} HTTP/1.1" 200 5 "-" "c"\n`,
    );
    workplace.write('access.log', lines.join(''));
    const args = ['--from-log', 'access.log', '--speed', '20', '--threads', '2'];
    const { report, code } = await workplace.run(`target: ${url}`, args);
    expect(code).toBe(0);
    expect(report.runs[0]).toMatchObject({
      load: { model: 'open', requests: 60 },
      outcomes: { started: 60, responses: 60 },
      requests: [
        { name: 'HEAD', count: 20 },
        { name: 'GET', count: 40 },
      ],
    });
    const asked = lines.map((line) => /"(\w+ \S+) /.exec(line)?.[1]);
    expect(seen.toSorted()).toEqual(asked.toSorted());
    // Three seconds of a log, less half a twentieth of a second at either end.
    expect((report.scenario as { load: { replay: unknown } }).load.replay).toMatchObject({
      spanMs: 2950 / 20,
    });
  });

  it.each([
    [['--speed', '2'], '--speed: expected a log beside it, got none'],
    [['--log-format', 'combined'], '--log-format: expected a log beside it, got none'],
    [
      ['--from-log', 'access.log', '--speed', '2', '--rate', '5'],
      '--speed: expected one of --speed and --rate',
    ],
    [
      ['--from-log', 'access.log', '--speed', 'fast'],
      '--speed: expected a number from 0.001 to 1000, got "fast"',
    ],
    [['--from-log', 'missing.log'], 'missing.log'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await workplace.start(['run', url, ...args]).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
