import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CountingBackends } from '../e2e/counting-backends.js';
import { type Ended, start, Workplace } from '../e2e/lbbench.js';
import { balancing } from './balancing-nginx.js';
import { describeWithNginx } from './real-nginx.js';

let backends: CountingBackends;
let workplace: Workplace;
beforeAll(async () => {
  backends = await CountingBackends.start(2);
});
afterAll(() => backends.close());
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

const hasAb = await start('ab', ['-V'], '.', {}).ended.then(
  () => true,
  () => false,
);
const required = process.env.LBBENCH_REQUIRE_ALL === '1';
if (!hasAb && !required) {
  console.warn(
    'ab is not installed: the comparison with it is left out (apt install apache2-utils, brew install httpd)',
  );
}

interface Both {
  readonly ab: Ended;
  readonly ours: Ended;
  /** What the backends got from ab, and from us. */
  readonly seen: { readonly ab: Record<string, number>; readonly ours: Record<string, number> };
}

/** Runs ab and `lbbench ab` with the same flags against the same nginx. */
async function both(flags: readonly string[], path = '/x'): Promise<Both> {
  return balancing(backends.addresses, async (port) => {
    const args = [...flags, `http://127.0.0.1:${port}${path}`];
    backends.forget();
    const ab = await start('ab', args, workplace.folder, {}).ended;
    const ofAb = backends.requests();
    for (const name of ['percentages.csv', 'samples.tsv']) {
      if (args.includes(name)) workplace.write(`ab.${name}`, workplace.read(name));
    }
    backends.forget();
    const ours = await workplace.lbbench(['ab', ...args]);
    return { ab, ours, seen: { ab: ofAb, ours: backends.requests() } };
  });
}

/** The block that only lbbench prints. */
const spread = /\nBackends \(by X-Upstream\)\n(?: {2}.*\n)+Skew: .*\n/;

/** The labels of a report: what stands in front of the numbers, without what times alone decide. */
function labels(report: string): string[] {
  const lines = report.replace(spread, '').split('\n').slice(3);
  return lines
    .filter((line) => !/^(WARNING|ERROR| +These results| +deviation apart)/.test(line))
    .map((line) => line.replace(/\d[\d.]*/g, '#').replace(/ +/g, ' '))
    .filter((line, index, all) => line !== '' || all[index - 1] !== '');
}

/** Lines whose numbers must be ab's. */
const exact =
  /^(Server|Document|Concurrency|Complete|Failed|Non-2xx|Keep-Alive|Total transferred|HTML transferred| {3}\()/;

function exactLines(report: string): string[] {
  return report.split('\n').filter((line) => exact.test(line));
}

function expectSameReport({ ab, ours }: Both): void {
  expect(ours.code).toBe(ab.code);
  expect(labels(ours.stdout)).toEqual(labels(ab.stdout));
  expect(exactLines(ours.stdout)).toEqual(exactLines(ab.stdout));
  expect(exactLines(ours.stdout).length).toBeGreaterThanOrEqual(8);
}

const describeWithBoth = hasAb || required ? describeWithNginx : describe.skip;

describeWithBoth('lbbench ab beside ab in front of nginx', () => {
  it.each([
    ['1,000 requests, 10 at a time', ['-n', '1000', '-c', '10'], '/x'],
    ['keep-alive', ['-k', '-n', '300', '-c', '5'], '/x'],
    ['HEAD', ['-i', '-n', '20'], '/x'],
    ['no percentages and no estimators', ['-d', '-S', '-n', '20'], '/x'],
    ['responses that are not 2xx', ['-n', '40', '-c', '2'], '/missing'],
    ['variable lengths', ['-l', '-n', '20'], '/x'],
    ['quiet', ['-q', '-n', '200', '-c', '2'], '/x'],
  ])('prints the same labels and counts: %s', async (_name, flags, path) => {
    const result = await both(flags, path);
    expectSameReport(result);
    expect(result.ours.stderr).toBe(result.ab.stderr);
    expect(result.seen.ours).toEqual(result.seen.ab);
  });

  it('sends the same POST, headers, cookie and credentials', async () => {
    workplace.write('body.json', '{"message":"Hi"}');
    const result = await both([
      ...['-p', 'body.json', '-T', 'application/json', '-n', '30', '-c', '3'],
      ...['-H', 'X-Extra: yes', '-C', 'session=1', '-A', 'user:secret'],
    ]);
    expectSameReport(result);
    expect(result.seen.ours).toEqual({ 'POST /x application/json {"message":"Hi"}': 30 });
    expect(result.seen.ours).toEqual(result.seen.ab);
    // ab's User-Agent and ours differ in length, by as much in each request.
    const [ofAb = 0, ofOurs = 0] = [result.ab, result.ours].map(({ stdout }) =>
      Number(/^Total body sent: +(\d+)$/m.exec(stdout)?.[1]),
    );
    expect((ofAb - ofOurs) % 30).toBe(0);
  });

  it('writes the same -e and -g files', async () => {
    await both(['-n', '50', '-c', '5', '-e', 'percentages.csv', '-g', 'samples.tsv']);
    for (const name of ['percentages.csv', 'samples.tsv']) {
      const [ofAb, ours] = [workplace.read(`ab.${name}`), workplace.read(name)].map((text) =>
        text.split('\n'),
      );
      expect(ours?.[0]).toBe(ofAb?.[0]);
      expect(ours?.length).toBe(ofAb?.length);
      const shape = (line: string) =>
        line.replace(/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d /, '').replace(/\d+/g, '#');
      expect(shape(ours?.[7] ?? '')).toBe(shape(ofAb?.[7] ?? 'none'));
    }
  });

  it('prints the same HTML table', async () => {
    const { ab, ours } = await both(['-w', '-n', '20', '-x', 'border=1']);
    const head = (html: string) => html.match(/<th [^>]*>[^<]*/g) ?? [];
    expect(head(ours.stdout).slice(0, head(ab.stdout).length)).toEqual(head(ab.stdout));
    expect(ours.stdout.slice(ours.stdout.indexOf('</table>') + 9)).toMatch(/^<table border=1>\n.*backend/);
  });

  it('gives a script the numbers it picks with awk', async () => {
    const { ab, ours } = await both(['-n', '100', '-c', '4']);
    const script = `awk '/^Complete requests/{c=$3} /^Failed requests/{f=$3} /^Requests per second/{r=$4>0}
      /^Time per request/&&!t{t=$4>0} / 99%/{p=$2>=0} /^Total:/{m=NF} END{print c,f,r,t,p,m}'`;
    for (const [name, { stdout }] of Object.entries({ ab, ours })) {
      workplace.write(name, stdout);
      expect((await workplace.shell(`${script} ${name}`)).stdout).toBe('100 0 1 1 1 6\n');
    }
  });

  it('refuses in the same words and one line, with a code that is not 0', async () => {
    for (const flags of [
      ['-n', '2', '-c', '5'],
      ['-n', '0'],
      ['-p', 'missing'],
      ['-i', '-p', 'missing'],
    ]) {
      const { ab, ours } = await both(flags);
      const [line, ...others] = ours.stderr.split('\n');
      const words = ab.stderr.split('\n')[0]?.replace(/^ab: /, '');
      expect(line?.slice('lbbench ab: '.length, 'lbbench ab: '.length + (words?.length ?? 0))).toBe(words);
      expect(others).toEqual(['']);
      expect(ab.code).not.toBe(0);
      expect(ours).toMatchObject({ code: 2, stdout: '' });
    }
  });
});

describeWithNginx('the spread in lbbench ab', () => {
  it('is what the backends counted themselves', async () => {
    await balancing(backends.addresses, async (port) => {
      backends.forget();
      const { code, stdout } = await workplace.lbbench([
        ...['ab', '-n', '200', '-c', '4', '--threads', '2', `http://127.0.0.1:${port}/x`],
      ]);
      expect(code).toBe(0);
      const block = spread.exec(stdout)?.[0] ?? '';
      const rows = [...block.matchAll(/^ {2}(127\S+) +(\d+) +([\d.]+) %/gm)];
      expect(Object.fromEntries(rows.map(([, address, count]) => [address, Number(count)]))).toEqual(
        backends.counts(),
      );
      expect(rows.map(([, , , share]) => share)).toEqual(['50.0', '50.0']);
      expect(block).toContain('Skew:                   0.0 %');
    });
  });

  it('is left out when no response names a backend', async () => {
    await balancing(backends.addresses, async (port) => {
      const { code, stdout } = await workplace.lbbench([
        ...['ab', '-n', '5', '--attribution-header', 'X-Other', `http://127.0.0.1:${port}/x`],
      ]);
      expect(code).toBe(0);
      expect(stdout).not.toContain('Backends');
      expect(stdout).toMatch(/100% +\d+ \(longest request\)\n$/);
    });
  });
});
