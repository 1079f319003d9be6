/** Tenths of a unit are as fine as a chart can be looked at. */
const perUnit = 10;

/**
 * The same path in fewer characters, to a tenth of a unit: relative, with `h` and `v` where a line is level or upright, and
 * without the points inside a straight one. Only what d3-path writes for lines, curves and areas is rewritten; any other
 * path is `undefined`.
 */
export function shortPath(data: string): string | undefined {
  if (/[^MLCHVZ\d.,\s+-]/.test(data)) return undefined;
  const path = new ShortPath();
  for (const [, command = '', rest = ''] of data.matchAll(/([MLCHVZ])([^MLCHVZ]*)/g)) {
    const numbers = [...rest.matchAll(/-?\d+(?:\.\d+)?/g)].map(([number]) =>
      Math.round(Number(number) * perUnit),
    );
    if (!path.add(command, numbers)) return undefined;
  }
  return path.text();
}

/** Writes a path. Positions are whole tenths, so that rounding does not add up from point to point. */
class ShortPath {
  readonly #parts: string[] = [];
  #x = 0;
  #y = 0;
  #startX = 0;
  #startY = 0;
  #last = '';
  /** What the last level or upright line still has to be drawn. */
  #straight = 0;

  /** @returns whether the command is known and has its numbers */
  add(command: string, numbers: readonly number[]): boolean {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers;
    if (numbers.length !== argumentCounts[command]) return false;
    switch (command) {
      case 'M':
        this.#write('M', [a, b]);
        [this.#x, this.#y, this.#startX, this.#startY] = [a, b, a, b];
        return true;
      case 'L':
        this.#line(a - this.#x, b - this.#y);
        return true;
      case 'H':
        this.#line(a - this.#x, 0);
        return true;
      case 'V':
        this.#line(0, a - this.#y);
        return true;
      case 'C':
        this.#write('c', [a - this.#x, b - this.#y, c - this.#x, d - this.#y, e - this.#x, f - this.#y]);
        [this.#x, this.#y] = [e, f];
        return true;
      default:
        this.#write('z', []);
        [this.#x, this.#y] = [this.#startX, this.#startY];
        return true;
    }
  }

  text(): string {
    this.#finishStraight();
    return this.#parts.join('');
  }

  #line(dx: number, dy: number): void {
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

  #finishStraight(): void {
    if (this.#last === 'h' || this.#last === 'v') this.#parts.push(this.#last, joined([this.#straight]));
    this.#straight = 0;
  }

  #write(command: string, numbers: readonly number[]): void {
    this.#finishStraight();
    const text = joined(numbers);
    // A command that is repeated need not be named again.
    const repeated = command === this.#last && command !== 'M';
    this.#parts.push(repeated ? (text.startsWith('-') ? '' : ' ') : command, text);
    this.#last = command;
  }
}

const argumentCounts: Readonly<Record<string, number>> = { M: 2, L: 2, H: 1, V: 1, C: 6, Z: 0 };

function joined(tenths: readonly number[]): string {
  return tenths.map((number, index) => `${index > 0 && number >= 0 ? ' ' : ''}${number / perUnit}`).join('');
}
