/** Tenths of a unit are as fine as a chart can be looked at. */
const perUnit = 10;

/**
 * The `d` of an SVG path in few characters, to a tenth of a unit: relative, with `h` and `v` where a line is level or
 * upright, and without the points inside a straight one. It is a context for d3-shape's lines and areas. Positions are
 * kept in whole tenths, so that rounding does not add up from point to point.
 */
export class PathData {
  readonly #parts: string[] = [];
  #x = 0;
  #y = 0;
  #startX = 0;
  #startY = 0;
  #last = '';
  /** What the last level or upright line still has to be drawn. */
  #straight = 0;

  moveTo(x: number, y: number): void {
    [this.#x, this.#y] = [tenths(x), tenths(y)];
    [this.#startX, this.#startY] = [this.#x, this.#y];
    this.#write('M', [this.#x, this.#y]);
  }

  lineTo(x: number, y: number): void {
    const [dx, dy] = [tenths(x) - this.#x, tenths(y) - this.#y];
    this.#x += dx;
    this.#y += dy;
    // A line of no length makes a dot where lines end round, but only where nothing else is drawn.
    if (dx === 0 && dy === 0 && this.#last !== 'M') return;
    if (dx !== 0 && dy !== 0) {
      this.#write('l', [dx, dy]);
      return;
    }
    const command = dy === 0 ? 'h' : 'v';
    const length = dx + dy;
    if (command === this.#last && Math.sign(length) === Math.sign(this.#straight)) {
      this.#straight += length;
      return;
    }
    this.#finishStraight();
    this.#last = command;
    this.#straight = length;
  }

  bezierCurveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void {
    const [fromX, fromY] = [this.#x, this.#y];
    [this.#x, this.#y] = [tenths(x), tenths(y)];
    this.#write('c', [
      ...[tenths(x1) - fromX, tenths(y1) - fromY],
      ...[tenths(x2) - fromX, tenths(y2) - fromY],
      ...[this.#x - fromX, this.#y - fromY],
    ]);
  }

  closePath(): void {
    this.#write('z', []);
    [this.#x, this.#y] = [this.#startX, this.#startY];
  }

  /** A straight line by itself. */
  line(x1: number, y1: number, x2: number, y2: number): void {
    this.moveTo(x1, y1);
    this.lineTo(x2, y2);
  }

  rectangle(x: number, y: number, width: number, height: number): void {
    this.moveTo(x, y);
    this.lineTo(x + width, y);
    this.lineTo(x + width, y + height);
    this.lineTo(x, y + height);
    this.closePath();
  }

  /** What was drawn; nothing can be added to it. */
  toString(): string {
    this.#finishStraight();
    return this.#parts.join('');
  }

  #finishStraight(): void {
    if (this.#last === 'h' || this.#last === 'v') this.#parts.push(this.#last, joined([this.#straight]));
    this.#straight = 0;
    this.#last = '';
  }

  #write(command: string, numbers: readonly number[]): void {
    // A command that is repeated need not be named again.
    const repeated = command === this.#last && command !== 'M';
    this.#finishStraight();
    const text = joined(numbers);
    this.#parts.push(repeated ? (text.startsWith('-') ? '' : ' ') : command, text);
    this.#last = command;
  }
}

function tenths(position: number): number {
  return Math.round(position * perUnit);
}

function joined(numbers: readonly number[]): string {
  return numbers.map((number, index) => `${index > 0 && number >= 0 ? ' ' : ''}${number / perUnit}`).join('');
}
