/** Characters of one piece of output. */
const pieceLength = 128 * 1024;
/** nginx's own sign for a variable that is not set. */
const unset = '-';

/**
 * The text of what was picked: one line a request, one column an algorithm, separated by tabs. Several columns have a
 * head line with the algorithms' names.
 */
export class Picks {
  #text = '';
  #column = 0;
  readonly #columns: number;
  readonly #write: ((text: string) => Promise<void>) | undefined;

  constructor(names: readonly string[], write: ((text: string) => Promise<void>) | undefined) {
    this.#columns = names.length;
    this.#write = write;
    // A tab or a line break inside a name would be one between columns or lines.
    if (names.length > 1) this.#text = `${names.map((name) => name.replace(/\s/g, ' ')).join('\t')}\n`;
  }

  /** Adds the next column of the line. */
  add(pick: string): void {
    if (this.#write === undefined) return;
    this.#column = this.#column + 1 === this.#columns ? 0 : this.#column + 1;
    this.#text += pick;
    this.#text += this.#column === 0 ? '\n' : '\t';
  }

  /** Adds a line for a request that was never balanced. */
  notBalanced(): void {
    for (let column = 0; column < this.#columns; column += 1) this.add(unset);
  }

  get isFull(): boolean {
    return this.#text.length >= pieceLength && this.#write !== undefined;
  }

  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text !== '') await this.#write?.(text);
  }
}
