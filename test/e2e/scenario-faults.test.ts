import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';

let workplace: Workplace;
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

describe.each(['run', 'check'])('lbbench %s', (command) => {
  it('shows all faults of a scenario at once, each with its line and column', async () => {
    const file = workplace.write(
      'bad.yaml',
      `name: bad
target: http://127.0.0.1:8080
lab: { servers: [127.0.0.1:8001] }
load:
  requests: ten
  concurency: 4
requests:
  - { path: /, textFile: missing.txt }
thresholds:
  - skew below 5%
`,
    );
    const { code, stdout, stderr } = await workplace.lbbench([command, file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const places = [...stderr.matchAll(/^bad\.yaml:(\d+):(\d+) {2}(\S+): expected/gm)].map(
      ([, line, column, path]) => `${line}:${column} ${path}`,
    );
    expect(places).toEqual([
      '3:1 lab',
      '5:13 load.requests',
      '6:3 load.concurency',
      '8:26 requests[0].textFile',
      // Where the rule goes wrong, not where it starts.
      '10:10 thresholds[0]',
    ]);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(workplace.reports()).toEqual([]);
  });

  it.each([
    ['broken YAML', 'load: { requests: [1\n'],
    ['no mapping', '- 1\n- 2\n'],
    ['an empty file', ''],
    ['bytes that are no text', '\u0000\u0001\ufffd'],
  ])('refuses %s without a stack trace', async (_, text) => {
    const file = workplace.write('bad.yaml', text);
    const { code, stdout, stderr } = await workplace.lbbench([command, file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^bad\.yaml:\d+:\d+ /);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
