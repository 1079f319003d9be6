/** A token is a word: what stands between blanks. So everybody can count them, and both ends agree. */
export interface Tokens {
  readonly count: number;
  /** Of the whole blocks; each stands for all text up to its end. */
  readonly blockKeys: readonly number[];
}

/** Reads the tokens of texts that follow each other, one or more of them. */
export class TokenReader {
  readonly #keys: number[] = [];
  // Two hashes of 32 bits (FNV-1a with different offsets), of which 53 bits make a key.
  #high = 0x811c9dc5;
  #low = 0x9e3779b9;
  #count = 0;

  constructor(readonly blockTokens: number) {}

  get tokens(): Tokens {
    return { count: this.#count, blockKeys: this.#keys };
  }

  /** A text ends the word before it. */
  add(text: string): void {
    let inWord = false;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      const isBlank = unit <= 0x20 || unit === 0xa0;
      if (!isBlank) this.#mix(unit);
      else if (inWord) this.#endWord();
      inWord = !isBlank;
    }
    if (inWord) this.#endWord();
  }

  #endWord(): void {
    this.#mix(0x20);
    this.#count += 1;
    if (this.#count % this.blockTokens === 0)
      this.#keys.push((this.#high >>> 0) * 0x20_0000 + (this.#low >>> 11));
  }

  #mix(unit: number): void {
    this.#high = Math.imul(this.#high ^ unit, 0x01000193);
    this.#low = Math.imul(this.#low ^ unit ^ (this.#low >>> 15), 0x85ebca6b);
  }
}

const words = [
  'the',
  'balancer',
  'sends',
  'each',
  'token',
  'to',
  'a',
  'server',
  'that',
  'has',
  'room',
  'for',
  'it',
];

/** The n-th word of an answer, 0-based: the same for the same prompt, whoever answers. */
export function answerWord(promptKey: number, index: number): string {
  const draw = Math.imul(promptKey ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b) >>> 8;
  return words[draw % words.length] as string;
}
