import type { FieldForm } from '../model/plan.js';
import { parseTemplate, type Template } from '../text/template.js';
import { randomUint32, randomUnit } from './counter-random.js';
import type { FieldSource } from './sessions.js';

/** Draws that a UUID takes, of 32 bits each. */
const uuidDraws = 4;

/** A text as each request of a run draws it: a pure function of seed and index. */
export class DrawnText {
  /** How many texts it can become; 1 for one in which nothing is drawn, `Infinity` where every request has its own. */
  readonly combinations: number;
  /** Numbers of the draws that belong to it: `firstDraw` up to, and without, this. */
  readonly endDraw: number;
  readonly #template: Template;
  /** Of each draw that is a field. */
  readonly #columns: readonly (number | undefined)[];

  /**
   * @param firstDraw number of the first of the draws it takes
   * @param fields where its fields come from
   */
  constructor(
    text: string,
    form: FieldForm,
    readonly seed: number,
    readonly firstDraw: number,
    readonly fields?: FieldSource | undefined,
  ) {
    const parsed = parseTemplate(text, form);
    this.#template = parsed.ok ? parsed.value : { literals: [text], draws: [] };
    this.#columns = this.#template.draws.map((draw) =>
      draw.kind === 'field' ? fields?.columnOf(draw.field, draw.form) : undefined,
    );
    this.combinations = this.#template.draws.reduce(
      (product, draw) =>
        product * (draw.kind === 'range' ? draw.to - draw.from + 1 : Number.POSITIVE_INFINITY),
      1,
    );
    this.endDraw = this.#template.draws.reduce(
      (end, { kind }) => end + (kind === 'range' ? 1 : kind === 'uuid' ? uuidDraws : 0),
      firstDraw,
    );
  }

  /** Which of finitely many combinations request `index` draws: a number in [0, combinations), exact up to 2^53. */
  combinationOf(index: number): number {
    let combination = 0;
    let at = this.firstDraw;
    for (const draw of this.#template.draws) {
      if (draw.kind !== 'range') continue;
      const size = draw.to - draw.from + 1;
      combination = combination * size + this.#below(size, index, at++);
    }
    return combination;
  }

  /** The text that request `index` draws; texts of the same combination are the same. */
  textOf(index: number): string {
    const { literals, draws } = this.#template;
    let drawn = literals[0] as string;
    let at = this.firstDraw;
    for (let i = 0; i < draws.length; i++) {
      const draw = draws[i] as Template['draws'][number];
      switch (draw.kind) {
        case 'range':
          drawn += draw.from + this.#below(draw.to - draw.from + 1, index, at++);
          break;
        case 'uuid':
          drawn += this.#uuid(index, at);
          at += uuidDraws;
          break;
        case 'seq':
          drawn += index + 1;
          break;
        case 'field': {
          const column = this.#columns[i];
          drawn += column === undefined ? `{${draw.field}}` : this.fields?.valueOf(index, column);
          break;
        }
      }
      drawn += literals[i + 1];
    }
    return drawn;
  }

  #below(size: number, index: number, draw: number): number {
    return Math.floor(randomUnit(this.seed, index, draw) * size);
  }

  /** RFC 9562, version 4: 122 random bits, and six that say so. */
  #uuid(index: number, firstDraw: number): string {
    const word = (draw: number) => randomUint32(this.seed, index, firstDraw + draw);
    const hex = [
      word(0),
      ((word(1) & 0xffff_0fff) | 0x4000) >>> 0,
      ((word(2) & 0x3fff_ffff) | 0x8000_0000) >>> 0,
      word(3),
    ]
      .map((bits) => bits.toString(16).padStart(8, '0'))
      .join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
