/** A set of small integers that costs nothing but a number while they are below 32. */
export class TriedSet {
  private low = 0;
  private high: Set<number> | undefined;

  get isEmpty(): boolean {
    return this.low === 0 && (this.high === undefined || this.high.size === 0);
  }

  has(position: number): boolean {
    return position < 32 ? (this.low & (1 << position)) !== 0 : this.high?.has(position) === true;
  }

  add(position: number): void {
    if (position < 32) {
      this.low |= 1 << position;
    } else {
      this.high ??= new Set();
      this.high.add(position);
    }
  }

  clear(): void {
    this.low = 0;
    this.high = undefined;
  }
}
