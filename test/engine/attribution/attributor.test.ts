import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Attributor, type LabelledHead } from '../../../src/engine/attribution/attributor.js';
import { BodyCollector } from '../../../src/engine/attribution/body-collector.js';
import type { Attribution } from '../../../src/model/plan.js';
import { attributeHeader, parseBackendLabel } from '../../../src/nginx/attribution.js';
import { maxBackends, Tally } from '../../../src/tally/tally.js';

const newTally = () => new Tally({ requestNames: ['a'], open: false, abColumns: false });
const byHeader: Attribution = { by: 'header', name: 'x-upstream' };

function head(value: string | undefined, status = 200, labelCount = 1): LabelledHead {
  const label = Buffer.from(`..${value ?? ''}`);
  return {
    status,
    labelCount: value === undefined ? 0 : labelCount,
    labelBuffer: label,
    labelStart: 2,
    labelEnd: label.length,
  };
}

function collected(body: string): BodyCollector {
  const collector = new BodyCollector();
  const bytes = Buffer.from(body);
  collector.append(bytes, 0, bytes.length);
  return collector;
}

const addressOf = (tally: Tally, cell: number) => tally.cells[cell]?.address;

describe('attribution by header', () => {
  it('reads nginx, and remembers', () => {
    const tally = newTally();
    const attributor = new Attributor(byHeader, [], tally);
    for (let i = 0; i < 3; i++) {
      expect(addressOf(tally, attributor.byHeader(head('10.0.0.1:80, 10.0.0.2:80')))).toBe('10.0.0.2:80');
    }
    expect(tally.cells.map(({ address, counters }) => [address, counters.retries])).toEqual([
      ['', 0],
      ['10.0.0.1:80', 3],
      ['10.0.0.2:80', 0],
    ]);
  });

  it('agrees with the reading of the header, each time, whatever came before', () => {
    const value = fc.oneof(
      fc.constantFrom(
        '10.0.0.1:80',
        'unix:/run/a.sock',
        '10.0.0.1:80, 10.0.0.2:80',
        'pool',
        '-',
        '',
        'b-1',
        '10.0.0.1:80 : 10.0.0.3:80',
      ),
      fc.string({ maxLength: 30 }),
    );
    const response = fc.tuple(value, fc.constantFrom(200, 502, 504));
    const pools = fc.constantFrom([], ['pool']);
    fc.assert(
      fc.property(fc.array(response, { maxLength: 40 }), pools, (responses, poolNames) => {
        const tally = newTally();
        const attributor = new Attributor(byHeader, poolNames, tally);
        let noneLeft = 0;
        const retries = new Map<string, number>();
        for (const [text, status] of responses) {
          const isBackend = (label: string) => tally.hasCell(label);
          const expected = attributeHeader(text, { poolNames: new Set(poolNames), status, isBackend });
          const cell = attributor.byHeader(head(text, status));
          const { kind, backends } = expected;
          expect(addressOf(tally, cell)).toBe(kind === 'served' ? backends.at(-1) : '');
          if (kind === 'none-left') noneLeft++;
          for (const address of kind === 'served' ? backends.slice(0, -1) : backends)
            if (address !== undefined) retries.set(address, (retries.get(address) ?? 0) + 1);
        }
        expect(tally.counters.noBackendLeft).toBe(noneLeft);
        for (const [address, count] of retries) {
          expect(tally.cells[tally.cellOf(address)]?.counters.retries).toBe(count);
        }
      }),
    );
  });

  it('does not mistake a remembered 502 for another status', () => {
    const tally = newTally();
    const attributor = new Attributor(byHeader, [], tally);
    // Without known pool names, a name on a 502 is nginx's pool; on anything else somebody's backend.
    expect(addressOf(tally, attributor.byHeader(head('backend', 502)))).toBe('');
    expect(addressOf(tally, attributor.byHeader(head('other', 200)))).toBe('other');
    expect(addressOf(tally, attributor.byHeader(head('backend', 502)))).toBe('');
    expect(tally.counters.noBackendLeft).toBe(2);
  });

  it('counts a 502 for the backend whose label it carries, expected or seen, and not for a known pool', () => {
    const tally = newTally();
    tally.cellOf('web-a');
    const attributor = new Attributor(byHeader, [], tally);
    expect(addressOf(tally, attributor.byHeader(head('web-a', 502)))).toBe('web-a');
    expect(addressOf(tally, attributor.byHeader(head('web-b', 502)))).toBe('');
    expect(addressOf(tally, attributor.byHeader(head('web-b', 200)))).toBe('web-b');
    expect(addressOf(tally, attributor.byHeader(head('web-b', 502)))).toBe('web-b');
    const configured = new Attributor(byHeader, ['web-a'], tally);
    expect(addressOf(tally, configured.byHeader(head('web-a', 502)))).toBe('');
  });

  it('knows no one without the header, and counts headers that came twice', () => {
    const tally = newTally();
    const attributor = new Attributor(byHeader, [], tally);
    expect(attributor.byHeader(head(undefined))).toBe(0);
    attributor.byHeader(head('b', 200, 2));
    expect(tally.counters.duplicateHeaders).toBe(1);
  });

  it('books on the new tally after a switch', () => {
    const [before, after] = [newTally(), newTally()];
    after.cellOf('other');
    const attributor = new Attributor(byHeader, [], before);
    attributor.byHeader(head('10.0.0.9:80, 10.0.0.1:80'));
    attributor.switchTo(after);
    expect(addressOf(after, attributor.byHeader(head('10.0.0.9:80, 10.0.0.1:80')))).toBe('10.0.0.1:80');
    expect(before.cells.map(({ counters }) => counters.retries)).toEqual([0, 1, 0]);
    expect(after.cells.map(({ address, counters }) => [address, counters.retries])).toEqual([
      ['', 0],
      ['other', 0],
      ['10.0.0.9:80', 1],
      ['10.0.0.1:80', 0],
    ]);
  });

  it('counts what finds no place among a thousand backends, every time', () => {
    const tally = newTally();
    const attributor = new Attributor(byHeader, [], tally);
    for (let n = 0; n < maxBackends; n++) attributor.byHeader(head(`b${n}`));
    expect(tally.counters.backendOverflow).toBe(0);
    for (let i = 0; i < 3; i++) expect(attributor.byHeader(head('one-more'))).toBe(0);
    expect(tally.counters.backendOverflow).toBe(3);
    expect(addressOf(tally, attributor.byHeader(head('b7')))).toBe('b7');
  });
});

describe('attribution by body', () => {
  it('takes the label that the body has, and no address list', () => {
    const tally = newTally();
    const attributor = new Attributor({ by: 'body-pointer', pointer: '/server' }, [], tally);
    expect(attributor.header).toBe('');
    expect(attributor.newCollector).toBeDefined();
    expect(addressOf(tally, attributor.byBody(collected('{"server":"b1"}')))).toBe('b1');
    expect(addressOf(tally, attributor.byBody(collected('{"server":8001}')))).toBe('8001');
    expect(attributor.byBody(collected('oops'))).toBe(0);
    expect(attributor.byBody(collected('{"server":"\\u001b[31m"}'))).toBe(0);
  });

  it('refuses what no label may be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const tally = newTally();
        const attributor = new Attributor({ by: 'body-pattern', pattern: '^[^]*$', flags: '' }, [], tally);
        const cell = attributor.byBody(collected(text));
        // The body travels as UTF-8, in which half a surrogate pair cannot be said.
        expect(addressOf(tally, cell)).toBe(parseBackendLabel(Buffer.from(text).toString()) ?? '');
      }),
    );
  });
});

it('looks for no header and no body where the log will tell', () => {
  const log: Attribution = { by: 'log', file: 'access.log', format: undefined, header: '' };
  expect(new Attributor(log, [], newTally())).toMatchObject({ header: '', newCollector: undefined });
});
