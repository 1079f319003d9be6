import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventStreamParser } from '../../src/stream/event-stream.js';

interface Event {
  readonly type: string;
  readonly data: string;
}

/** Feeds pieces as the engine does, out of one buffer that is overwritten at once. */
function parse(pieces: readonly Uint8Array[], mostBytes?: number) {
  const events: Event[] = [];
  let tooLong = 0;
  const parser = new EventStreamParser(
    {
      onEvent: (type, buffer, start, end) => {
        events.push({ type, data: Buffer.from(buffer.subarray(start, end)).toString('latin1') });
      },
      onTooLong: () => tooLong++,
    },
    mostBytes,
  );
  for (const piece of pieces) {
    const shared = Buffer.alloc(piece.length + 3, 0x58);
    shared.set(piece, 2);
    parser.push(shared, 2, 2 + piece.length);
    shared.fill(0x58);
  }
  return { events, tooLong, comments: parser.comments };
}

/** What the package of that name makes of it: bytes as characters, so that it sees them as they are. */
function parseWithOracle(bytes: Uint8Array): Event[] {
  const events: Event[] = [];
  const parser = createParser({ onEvent: ({ event = '', data }) => events.push({ type: event, data }) });
  parser.feed(Buffer.from(bytes).toString('latin1'));
  return events;
}

const bytesOf = (text: string) => Buffer.from(text, 'utf8');
const one = (text: string) => parse([bytesOf(text)]).events.map(({ data }) => data);

const text = fc.string({ unit: fc.constantFrom('a', '{', '"', ':', ' ', 'é', '✓', 'data'), maxLength: 6 });
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const line = fc.oneof(
  { weight: 4, arbitrary: text.map((value) => `data: ${value}`) },
  { weight: 2, arbitrary: text.map((value) => `data:${value}`) },
  fc.constantFrom('data', 'data:', 'data: ', 'dat', 'datax: 1', ' data: 1', 'event', 'id: 7', 'retry: 10'),
  fc.constantFrom('event: error', 'event:ping', ': ping', ':', '\u00ef', '\ufeff'),
);
const stream = fc
  .tuple(
    fc.constantFrom('', '\ufeff'),
    fc.array(
      fc.tuple(fc.oneof({ weight: 3, arbitrary: line }, { weight: 2, arbitrary: fc.constant('') }), lineEnd),
      {
        maxLength: 30,
      },
    ),
  )
  // Ended by a LF, because the oracle waits for what may follow a CR.
  .map(([mark, lines]) => bytesOf(`${mark}${lines.map((parts) => parts.join('')).join('')}\n`));

describe('EventStreamParser', () => {
  it('reads what an independent parser reads', () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        expect(parse([bytes]).events).toEqual(parseWithOracle(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('reads the same from bytes that are cut anywhere', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(200), { maxLength: 8 }), (bytes, cuts) => {
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        const whole = parse([bytes]);
        expect(parse(pieces)).toEqual(whole);
        expect(parse([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
      }),
    );
  });

  it.each([
    ['a line feed', 'data: a\n\ndata: b\n\n'],
    ['CR LF', 'data: a\r\n\r\ndata: b\r\n\r\n'],
    ['CR', 'data: a\r\rdata: b\r\r'],
    ['no space', 'data:a\n\ndata:b\n\n'],
    ['a byte order mark', '\ufeffdata: a\n\ndata: b\n\n'],
    ['comments', ': ping\n\ndata: a\n: ping\n\n:\ndata: b\n\n'],
    ['an event without an end, which is none', 'data: a\n\ndata: b\n\ndata: c\n'],
  ])('knows %s', (_what, stream) => {
    expect(one(stream)).toEqual(['a', 'b']);
  });

  it('joins lines of data', () => {
    expect(one('data: a\ndata:b\ndata\ndata:  c\n\n')).toEqual(['a\nb\n\n c']);
  });

  it('hands over the type of an event once', () => {
    const { events } = parse([bytesOf('event: error\ndata: a\n\ndata: b\n\nevent: ping\n\ndata: c\n\n')]);
    expect(events).toEqual([
      { type: 'error', data: 'a' },
      { type: '', data: 'b' },
      { type: '', data: 'c' },
    ]);
  });

  it.each([1, 7, 1000])('leaves out an event that is too long, in pieces of %i bytes', (size) => {
    const bytes = bytesOf(`data: a\n\ndata: ${'x'.repeat(500)}\n\n: ${'c'.repeat(500)}\ndata: b\n\n`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const { events, tooLong } = parse(pieces, 100);
    expect(events.map(({ data }) => data)).toEqual(['a', 'b']);
    expect(tooLong).toBe(1);
  });

  it('leaves out an event whose lines together are too long', () => {
    const { events, tooLong } = parse([bytesOf(`${'data: 12345\n'.repeat(30)}\ndata: b\n\n`)], 100);
    expect(events.map(({ data }) => data)).toEqual(['b']);
    expect(tooLong).toBe(1);
  });
});
