import { expect, it } from 'vitest';
import { recogniseFormats } from '../../src/accesslog/dialect/recognise.js';
import { lineQuestionOf } from '../../src/accesslog/read-log.js';
import { type LineFormats, onlyFormat } from '../../src/accesslog/reading/line-question.js';
import { LogReader } from '../../src/accesslog/reading/log-reader.js';
import type { Attempts } from '../../src/model/attempts.js';
import { compileLogFormat } from '../../src/nginx/log-format.js';
import { Draws, damaged, randomFormat, randomLine, wrappings } from './log-lines.js';

/** `npm run hostile -- --lines N --seed S` asks for others. */
const lines = Number(process.env.HOSTILE_LINES ?? 20_000);
const seed = Number(process.env.HOSTILE_SEED ?? 1);
const linesOfRound = 500;

interface Line {
  readonly bytes: Buffer;
  /** `undefined` where the line was damaged. */
  readonly attempts: readonly string[] | undefined;
}

/** Lines of one random format and one or several wrappings, some of them damaged. */
function linesOf(round: number) {
  const draws = new Draws(seed, round);
  const format = randomFormat(draws);
  const mixed = draws.isOneIn(3);
  const usual = draws.of(wrappings);
  const all = Array.from({ length: linesOfRound }, (): Line => {
    const { text, attempts } = randomLine(format, draws);
    const isDamaged = draws.isOneIn(8);
    const wrapped = (mixed ? draws.of(wrappings) : usual)(isDamaged ? damaged(text, draws) : text, draws);
    const whole = isDamaged && draws.isOneIn(2) ? wrapped.map((one) => damaged(one, draws)) : wrapped;
    const bytes = Buffer.from(`${whole.join('\n')}\n`, 'latin1');
    return { bytes, attempts: isDamaged ? undefined : attempts };
  });
  return { format, all, isTold: !draws.isOneIn(3) };
}

/** The formats that the lines are read by: told, or recognised. `undefined` where neither is possible. */
function formatsOf({ format, all, isTold }: ReturnType<typeof linesOf>): LineFormats | undefined {
  if (isTold) {
    const compiled = compileLogFormat(format.text, format.mode);
    return compiled.ok ? onlyFormat(compiled.value) : undefined;
  }
  const seen = recogniseFormats(Buffer.concat(all.slice(0, 100).map(({ bytes }) => bytes)));
  return seen.length === 0 ? undefined : { seen, orderOf: new Map(), known: [] };
}

/** What the backends of an attempt list are called, of one that was served by any. */
function namedBy(attempts: Attempts | undefined): readonly string[] {
  return attempts?.backends.filter((backend) => backend !== undefined) ?? [];
}

/** What the text says, however a shipper, nginx or a name made fit to be shown writes it. */
function unescaped(text: string): string {
  return text
    .replaceAll(/\\x([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('\\', '');
}

it(
  `never names a backend that the line does not name, in ${lines} lines of random formats and wrappings`,
  () => {
    let [read, exact, damagedRead] = [0, 0, 0];
    for (let round = 0; round * linesOfRound < lines; round++) {
      const made = linesOf(round);
      const formats = formatsOf(made);
      if (formats === undefined) continue;
      let told: (Attempts | undefined)[] = [];
      const reader = new LogReader(lineQuestionOf({ formats, isTimed: true }, { paths: [] }), () => ({
        take: (_buffer, _line, _status, attempts) =>
          told.push(attempts?.unproven?.asPools ?? attempts?.attempts),
      }));
      for (const { bytes, attempts } of made.all) {
        told = [];
        reader.consume(bytes, 0, bytes.length);
        // Pieces that were left open by a damaged line make one of it and the next.
        reader.finishRecord();
        const text = bytes.toString('latin1');
        const where = () => `seed ${seed}, round ${round}: ${made.format.text}\n${text}`;
        const found = told.flatMap(namedBy);
        read += told.length;
        if (attempts !== undefined && told.length > 0 && found.length > 0) {
          // Undamaged: what it names, and all of it.
          expect(found, where()).toEqual(attempts);
          exact++;
        } else if (attempts === undefined) {
          const plain = unescaped(text.replaceAll(/\n\S+ stdout [PF] /g, ''));
          for (const backend of found) {
            const bytes = Buffer.from(backend).toString('latin1');
            expect(plain, where()).toContain(unescaped(bytes));
          }
          damagedRead += told.length;
        }
      }
    }
    console.log({ lines, read, exact, damagedRead });
    expect(exact).toBeGreaterThan(lines / 4);
  },
  60_000 + lines,
);
