import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWithNginx } from '../integration/real-nginx.js';
import { ask, countUpstreams } from '../lab/count-upstreams.js';
import { freePorts } from '../lab/free-port.js';
import { type Started, Workplace } from './lbbench.js';

let workplace: Workplace;
let ports: number[];
let started: Started | undefined;

beforeEach(async () => {
  workplace = new Workplace();
  ports = await freePorts(3);
});
afterEach(async () => {
  started?.child.kill('SIGKILL');
  await started?.ended;
  workplace.remove();
});

function scenario(balancer: string, more = ''): string {
  const [first, second] = ports;
  return workplace.write(
    'scenario.yaml',
    `lab:
  balancer: ${balancer}
  servers: [127.0.0.1:${first} weight=3, 127.0.0.1:${second}]
  backend: { latency: 1ms }
${more}algorithms: [round_robin, least_conn]
`,
  );
}

/** Starts it and waits until it says how it ends. */
async function up(args: readonly string[]): Promise<{ text: string; port: number }> {
  const running = workplace.start(['lab', ...args]);
  started = running;
  const text = await new Promise<string>((resolve, reject) => {
    let said = '';
    running.child.stdout?.on('data', (chunk: string) => {
      said += chunk;
      if (said.includes('Ctrl-C ends it all.')) resolve(said);
    });
    void running.ended.then(({ code, stderr }) => reject(new Error(`it ended with ${code}: ${stderr}`)));
  });
  return { text, port: Number(/http:\/\/127\.0\.0\.1:(\d+)\//.exec(text)?.[1]) };
}

async function expectNothingLeft(port: number): Promise<void> {
  for (const one of [port, ...ports]) {
    await expect(ask(one)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
  expect(readdirSync(workplace.temporary)).toEqual([]);
}

function judge(balancer: 'nginx' | 'embedded') {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'serves until %s, tells the counts and leaves nothing',
    async (signal) => {
      const { text, port } = await up([scenario(balancer)]);
      expect(text).toContain('balances by round_robin; --algorithm takes another, such as "least_conn"\n');
      const [first = 0, second = 0] = ports;
      // 3:1.
      expect(await countUpstreams(port, 40)).toEqual({
        [`127.0.0.1:${first}`]: 30,
        [`127.0.0.1:${second}`]: 10,
      });
      const log = /^access log {2}(.+)$/m.exec(text)?.[1] ?? '';
      await expect.poll(() => readFileSync(log, 'utf8').split('\n').length - 1).toBe(40);
      started?.child.kill(signal);
      const ended = await started?.ended;
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended?.stdout.slice(text.length).replaceAll(/ +/g, ' ')).toContain(
        `\nbackend requests\n127.0.0.1:${first} 30 75.0 %\n127.0.0.1:${second} 10 25.0 %\n`,
      );
      expect(existsSync(log)).toBe(false);
      await expectNothingLeft(port);
    },
  );
}

describe('lbbench lab with the embedded balancer', () => {
  judge('embedded');

  it('takes an algorithm and a port', async () => {
    const wanted = ports[2] ?? 0;
    const { text, port } = await up([
      scenario('embedded'),
      ...['--algorithm', 'hash $request_uri consistent', '--port', String(wanted)],
    ]);
    expect(port).toBe(wanted);
    expect(text).toContain('balances by hash $request_uri consistent\n');
    expect(Object.keys(await countUpstreams(port, 10))).toHaveLength(1);
  });

  it('says that a drill is for runs', async () => {
    await up([scenario('embedded', `  events: [{ at: 0s, backend: "127.0.0.1:${ports[0]}", do: stop }]\n`)]);
    started?.child.kill('SIGINT');
    expect(await started?.ended).toMatchObject({
      code: 0,
      stderr: 'warning: lab.events happen in a run only: lbbench run scenario.yaml\n',
      stdout: expect.stringMatching(/127\.0\.0\.1:\d+ +0\n$/),
    });
  });

  it.each([
    [['--port', 'high'], 2, '--port: expected an integer of at least 0, got "high"'],
    [['--algorithm', 'fastest'], 2, '--algorithm: expected '],
  ])('refuses %j', async (flags, code, message) => {
    const ended = await workplace.lbbench(['lab', scenario('embedded'), ...flags]);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(message);
  });

  it('refuses a port that a backend has, and a scenario without a lab', async () => {
    const taken = await workplace.lbbench(['lab', scenario('embedded'), '--port', String(ports[0])]);
    expect(taken).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected a port that no server has'),
    });
    const target = workplace.write('target.yaml', 'target: http://127.0.0.1:1\n');
    expect(await workplace.lbbench(['lab', target])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('expected a lab to start, got a target that already runs'),
    });
  });

  it('says that a port is in use, and leaves nothing', async () => {
    const { port } = await up([scenario('embedded')]);
    const [other] = await freePorts(1);
    const second = workplace.write(
      'second.yaml',
      `lab: { balancer: embedded, port: ${port}, servers: ["127.0.0.1:${other}"] }`,
    );
    const ended = await workplace.lbbench(['lab', second]);
    expect(ended).toMatchObject({ code: 3, stderr: expect.stringContaining('it is already in use') });
    await expect(ask(other ?? 0)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describeWithNginx('lbbench lab with nginx', () => {
  judge('nginx');
});
