import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

let workplace: Workplace;
let server: HttpTarget;
let url = '';
beforeAll(async () => {
  server = await HttpTarget.start((_, response) => {
    response.setHeader('X-Upstream', '10.0.0.1:80');
    response.end('ok');
  });
  url = server.url;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  workplace = new Workplace();
  workplace.write(
    'scenario.yaml',
    `name: my run/1\ntarget: ${url}\nload: { requests: 300, concurrency: 2 }\n`,
  );
});
afterEach(() => workplace.remove());

const run = ['run', 'scenario.yaml'];
const reportName = /^my-run-1-\d{8}T\d{6}Z\.json$/;

describe('lbbench run', () => {
  it('puts the result on stdout, progress and the place of the report on stderr, and no colour on either', async () => {
    const { stdout, stderr } = await workplace.lbbench(run);
    expect(stdout).toMatch(/^my run\/1\n/);
    expect(stdout).toContain('errors < 1% (implied)');
    const [name = ''] = workplace.reports();
    expect(name).toMatch(reportName);
    expect(stderr).toBe(
      `Completed 100 requests\nCompleted 200 requests\nCompleted 300 requests\nreport: ${workplace.folder}/reports/${name}\n`,
    );
    expect(stdout + stderr).not.toContain('\u001b');
  });

  it('says nothing at all with --quiet, and writes the report', async () => {
    expect(await workplace.lbbench([...run, '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(workplace.reports()).toEqual([expect.stringMatching(reportName)]);
  });

  it('puts the reports where --reports says', async () => {
    await workplace.lbbench([...run, '--quiet', '--reports', 'deep/er']);
    expect(workplace.reports('deep/er')).toHaveLength(1);
    expect(workplace.reports()).toEqual([]);
  });

  it('keeps the reports of two runs in the same second', async () => {
    await Promise.all([workplace.lbbench([...run, '--quiet']), workplace.lbbench([...run, '--quiet'])]);
    await workplace.lbbench([...run, '--quiet']);
    expect(workplace.reports()).toHaveLength(3);
  });

  it('writes several formats at once, and one of them to stdout with nothing beside', async () => {
    const { stdout, stderr } = await workplace.lbbench([
      ...[...run, '--export-json', '-', '--export-csv', 'out.csv', '--export-markdown', 'out.md'],
      ...['--export-junit', 'out.xml'],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'lbbench.report/1' });
    expect(stderr).toContain('Completed 300 requests');
    expect(workplace.read('out.csv')).toMatch(/^run,algorithm,scope,/);
    expect(workplace.read('out.md')).toContain('10.0.0.1:80');
    expect(workplace.read('out.xml')).toMatch(/^<\?xml/);
  });

  it('writes each request as a line of JSON', async () => {
    await workplace.lbbench([...run, '--quiet', '--samples', 'samples.ndjson', '--export-json', 'out.json']);
    const lines = workplace.read('samples.ndjson').trimEnd().split('\n');
    expect(lines).toHaveLength(300);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        request: 'GET /',
        backend: '10.0.0.1:80',
        status: 200,
        outcome: 'response',
        start: expect.any(Number),
        wait: 0,
        connect: expect.any(Number),
        ttfb: expect.any(Number),
        service: expect.any(Number),
        bytes: expect.any(Number),
      });
    }
    const { runs } = JSON.parse(workplace.read('out.json'));
    const bytes = lines.reduce((sum, line) => sum + JSON.parse(line).bytes, 0);
    expect(bytes).toBe(runs[0].bytes.received);
  });

  it('writes the samples of all threads', async () => {
    await workplace.lbbench([...run, '--quiet', '--threads', '2', '--samples', '-']).then(({ stdout }) => {
      const indexes = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).index as number);
      expect(indexes.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, index) => index));
    });
  });

  it.each([
    [{ FORCE_COLOR: '1' }, [], true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
    [{ FORCE_COLOR: '1' }, ['--no-color'], false],
    [{}, [], false],
  ])('uses colour in a pipe only when it is forced to: %j %j', async (env, flags, colored) => {
    const { stdout } = await workplace.lbbench([...run, ...flags], env);
    expect(stdout.includes('\u001b[')).toBe(colored);
  });

  it.each(['$LBBENCH run scenario.yaml', '$LBBENCH ab -n 300 $URL/', '$LBBENCH schema'])(
    'does not mind a reader that goes away: %s | head -1',
    async (command) => {
      const line = `{ { ${command.replace('$URL', url)}; echo "code $?" >&3; } 2>&1 | head -1 >first; } 3>&1`;
      expect((await workplace.shell(line)).stdout).toBe('code 0\n');
      expect(workplace.read('first')).not.toBe('');
      expect(workplace.read('first')).not.toContain('Error');
    },
  );

  it.each([
    ['stdout', '$LBBENCH run scenario.yaml >/dev/full', /^stdout: expected to be written, got ENOSPC$/m],
    [
      'an export',
      '$LBBENCH run scenario.yaml --export-csv /dev/full',
      /^--export-csv: expected a file .* \(ENOSPC\)$/m,
    ],
    [
      'samples',
      '$LBBENCH run scenario.yaml --samples /dev/full',
      /^--samples: expected a file .* \(ENOSPC\)$/m,
    ],
    ["ab's table", '$LBBENCH ab -n 5 -e /dev/full $URL/', /^-e: expected a file .* \(ENOSPC\)$/m],
  ])(
    'tells in one line that %s found the disk full, after the run, and ends with 2',
    async (_, line, told) => {
      const { code, stdout, stderr } = await workplace.shell(line.replace('$URL', url));
      expect(code).toBe(2);
      expect(stderr).toMatch(told);
      expect(stderr).not.toMatch(/^ +at /m);
      if (!line.includes('>/dev/full'))
        expect(stdout).toContain(line.includes('ab -n') ? '100%' : 'my run/1');
    },
  );
});

describe('lbbench ab', () => {
  it('prints its report with --quiet too, but no progress', async () => {
    const { code, stdout, stderr } = await workplace.lbbench(['ab', '--quiet', '-n', '300', `${url}/`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Complete requests: +300$/m);
  });

  it('gives stdout to an export alone', async () => {
    const { stdout } = await workplace.lbbench(['ab', '-n', '3', '--export-json', '-', `${url}/`]);
    expect(JSON.parse(stdout).runs[0].outcomes.responses).toBe(3);
  });

  it('writes every format that its usage names', async () => {
    const { stdout: usage } = await workplace.lbbench(['ab', '-h']);
    const formats = [...new Set([...usage.matchAll(/--export-(\w+)/g)].map(([, format]) => format))];
    expect(formats.length).toBeGreaterThanOrEqual(4);
    const flags = formats.flatMap((format) => [`--export-${format}`, `out.${format}`]);
    const { code } = await workplace.lbbench(['ab', '-n', '3', ...flags, `${url}/`]);
    expect(code).toBe(0);
    // Annotations are for what went wrong.
    for (const format of formats) expect(workplace.read(`out.${format}`) === '').toBe(format === 'github');
  });
});
