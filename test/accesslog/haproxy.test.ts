import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialectOf } from '../../src/accesslog/dialect/dialects.js';
import { haproxy } from '../../src/accesslog/dialect/haproxy.js';
import type { LogAnswer } from '../../src/accesslog/log-answer.js';
import type { LogQuestion } from '../../src/accesslog/question.js';
import { readLog } from '../../src/accesslog/read-log.js';
import { logFile } from './log-lines.js';

/** A line of `option httplog`, with the manual's example as far as nothing else is said. */
function line({
  server = 'srv1',
  times = '10/0/30/69/109',
  status = '200',
  bytes = '2750',
  cookies = '- -',
  state = '----',
  retries = '0',
  captured = '',
  request = 'GET /index.html HTTP/1.1',
} = {}): string {
  return `10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/${server} ${times} ${status} ${bytes} ${cookies} ${state} 1/1/1/1/${retries} 0/0 ${captured}"${request}"`;
}

async function read(lines: readonly string[], question: Partial<LogQuestion> = {}): Promise<LogAnswer> {
  return readLog({ paths: [logFile(lines.map((one) => `${one}\n`).join(''))], ...question });
}

const served = ({ tally }: LogAnswer) =>
  Object.fromEntries(
    tally.cells.slice(1).map(({ address, count, counters }) => [address, [count, counters.retries]]),
  );

/** As its configuration manual has it, over several lines. */
const httplog = `%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC \\
               %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r`;

describe('a log of HAProxy', () => {
  it('is recognised, and says who served, when, how long it took and how much was sent', async () => {
    const { format, tally, ...answer } = await read([line()]);
    expect(dialectOf(format)).toBe(haproxy);
    const [, { address, clocks } = { address: '', clocks: undefined }] = tally.cells;
    expect(address).toBe('srv1');
    // Of 109 ms 10 were the request's; the rest is the server's, 30 of it to connect and 99 to the head.
    expect([clocks?.service.maxUs, clocks?.ttfb.maxUs, tally.clocks.connect.maxUs]).toEqual([
      99_000, 99_000, 30_000,
    ]);
    expect(tally.clocks.response.maxUs).toBe(109_000);
    expect(tally.counters.receivedBytes).toBe(2750);
    // The line tells when the request began.
    const startMs = Date.UTC(2009, 1, 6, 12, 14, 14, 655);
    expect([answer.firstStartMs, answer.window?.toMs]).toEqual([startMs, startMs + 109]);
  });

  it('names the last server; retries were its own unless a plus sign tells of a redispatch', async () => {
    const answer = await read([
      line({ retries: '2' }),
      line({ server: 'srv2', retries: '+3' }),
      line({ server: 'srv2', status: '503', state: 'SC--', times: '0/0/-1/-1/3001', retries: '3' }),
    ]);
    expect(served(answer)).toEqual({ srv1: [1, 2], srv2: [2, 3] });
    // Not every attempt's time is known, so none is told.
    expect(answer.tally.overall('service').count).toBe(0);
    expect(answer.tally.clocks.response.count).toBe(3);
  });

  it.each([
    ['<NOSRV>', 'LR--', '301', 'notProxied'],
    ['<NOSRV>', 'PR--', '403', 'notProxied'],
    ['<NOSRV>', 'CR--', '-1', 'notProxied'],
    ['<STATS>', 'LR--', '200', 'notProxied'],
    ['<NOSRV>', 'SC--', '503', 'noBackendLeft'],
    ['<NOSRV>', 'sQ--', '503', 'noBackendLeft'],
  ] as const)('counts %s with %s and status %s as %s', async (server, state, status, counter) => {
    const { tally, records } = await read([line({ server, state, status, times: '0/-1/-1/-1/0' })]);
    expect([records, tally.counters[counter], tally.cells.length]).toEqual([1, 1, 1]);
    expect(tally.statusCounts()).toEqual(status === '-1' ? {} : { [status]: 1 });
  });

  it('is read with captured headers and cookies, behind syslog, of TLS, and as its own log-format says', async () => {
    const tls = ' 0/0/0/0/0 1wt.eu/TLSv1.3/TLS_AES_256_GCM_SHA384';
    const variants = [
      line({ captured: '{haproxy.1wt.eu} {} ' }),
      line({ captured: '{a b|c} ' }),
      line({ cookies: 'SID=1 SID=2' }),
      `${line()}${tls}`,
      `Feb  6 12:14:14 localhost haproxy[14389]: ${line()}`,
      `<134>Feb  6 12:14:14 haproxy[14389]: ${line({ captured: '{x} {y} ' })}`,
    ];
    for (const one of variants) {
      const answer = await read([one]);
      expect(answer.unmatched.count, one).toBe(0);
      expect(served(answer), one).toEqual({ srv1: [1, 0] });
    }
    for (const one of variants.slice(0, 3))
      expect(served(await read([one], { format: { text: httplog } })), one).toEqual({ srv1: [1, 0] });
    const own = await read(['srv1 200 GET /a'], { format: { text: '%s %ST %HM %HU' }, by: 'uri' });
    expect([served(own), own.groups.map(({ key }) => key)]).toEqual([{ srv1: [1, 0] }, ['/a']]);
  });

  it('is read as HAProxy before 1.8 wrote it, and as its log-format is pasted', async () => {
    const old =
      '%ci:%cp [%t] %ft %b/%s %Tq/%Tw/%Tc/%Tr/%Tt %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r';
    for (const text of [old, `log-format "${old}"`, `log-format ${old.replaceAll(' ', '\\ ')}`]) {
      const { tally } = await read([line({ times: '10/5/30/69/114' })], { format: { text } });
      expect([tally.overall('service').maxUs, tally.clocks.response.maxUs]).toEqual([99_000, 114_000]);
    }
  });

  it('does not call unfinished what option logasap wrote before the end', async () => {
    const { tally } = await read([line({ times: '10/0/30/69/+109', bytes: '+2750' })]);
    expect([tally.responses, tally.clocks.response.count, tally.counters.receivedBytes]).toEqual([1, 0, 0]);
  });

  it('selects and splits by what the request said before it was escaped', async () => {
    const lines = [line({ request: 'POST /a#22b?x HTTP/1.1' }), line({ request: '<BADREQ>', status: '400' })];
    const { groups } = await read(lines, { by: 'uri' });
    expect(groups.map(({ key }) => key)).toEqual(['/a"b', '-']);
    expect((await read(lines, { selection: { method: ['post'] } })).selected).toBe(1);
    await expect(read(lines, { selection: { host: ['x'] } })).rejects.toThrow(/log format with the host/);
    await expect(read(lines, { format: { text: '%ci%cp' } })).rejects.toThrow(/some text before "%cp"/);
  });

  it('lets no request, header or cookie choose the server, nor retries', async () => {
    const forged = fc
      .array(
        fc.constantFrom(
          ' ',
          '/',
          '{',
          '}',
          '} {',
          '- -',
          '----',
          'SC--',
          'x/evil',
          '1/1/1/1/+3',
          '0/0',
          '200',
          'GET',
          'a',
        ),
        { maxLength: 8 },
      )
      .map((words) => words.join(' '));
    const cookie = forged.map((text) => text.trim() || '-');
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(forged, forged, cookie, fc.boolean(), async (request, header, sid, hasCookie) => {
        const captured = `{${header}} {} `;
        const one = line({ captured, request, cookies: hasCookie ? `SID=${sid} -` : '- -' });
        const { format } = await read([line({ cookies: hasCookie ? 'a=b -' : '- -' })]);
        const answer = await read([one], { format: { chosen: format } });
        if (answer.records === 0) return;
        matched++;
        expect(served(answer)).toEqual({ srv1: [1, 0] });
      }),
      { numRuns: 150 },
    );
    expect(matched).toBeGreaterThan(75);
  });
});
