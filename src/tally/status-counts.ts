/** Counts of HTTP status codes 0 to 999; nginx really logs `009` for an answer without a header. */
export class StatusCounts {
  readonly #counts = new Float64Array(1000);

  record(status: number, responses = 1): void {
    this.#counts[status] = (this.#counts[status] as number) + responses;
  }

  add(other: StatusCounts): void {
    other.#counts.forEach((count, status) => {
      if (count > 0) this.record(status, count);
    });
  }

  read(counts: Readonly<Record<string, number>>): void {
    for (const [status, count] of Object.entries(counts)) this.#counts[Number(status)] = count;
  }

  /** Only the codes that occurred, as three digits, in ascending order. */
  toRecord(): Record<string, number> {
    const record: Record<string, number> = {};
    this.#counts.forEach((count, status) => {
      // Three digits keep the order of insertion: `9` would be an integer key and `009` is not.
      if (count > 0) record[String(status).padStart(3, '0')] = count;
    });
    return record;
  }
}
