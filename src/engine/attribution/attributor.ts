import type { Attribution } from '../../model/plan.js';
import { attributeHeader, parseBackendLabel } from '../../nginx/attribution.js';
import type { UpstreamAttempts } from '../../nginx/upstream-variables.js';
import type { BackendCell } from '../../tally/backend-cell.js';
import { type Tally, unattributedCell } from '../../tally/tally.js';
import { ByteCache } from '../../text/byte-cache.js';
import { BodyCollector } from './body-collector.js';
import { labelFromPattern, labelFromPointer } from './body-label.js';

/** A response's head, as far as attribution looks at it. `ResponseHead` is one. */
export interface LabelledHead {
  readonly status: number;
  /** How often the attribution header occurred; the label is the value of the last. */
  readonly labelCount: number;
  readonly labelBuffer: Uint8Array;
  readonly labelStart: number;
  readonly labelEnd: number;
}

/** What a header value meant: the serving cell and the cells of the attempts before it. */
interface Meaning {
  readonly cell: number;
  readonly retries: readonly number[];
  readonly noneLeft: boolean;
  readonly overflow: boolean;
}

/** nginx lists at most one attempt a server; a longer list is somebody's joke, and its end is what counts. */
const maxRetries = 64;

const nobody: Meaning = { cell: unattributedCell, retries: [], noneLeft: false, overflow: false };

/**
 * Decides which cell of a tally each response belongs to, and books retries on the way. One of these serves all
 * connections of a thread.
 */
export class Attributor {
  /** Lower-case name of the header the parser must look for; `''` when bodies tell. */
  readonly header: string;
  /** Takes the body when it is needed; `undefined` otherwise. */
  readonly newCollector: (() => BodyCollector) | undefined;

  /** Cells of the attempts before the one that served, for the response that was attributed last. */
  lastRetries: readonly number[] = nobody.retries;

  readonly #fromBody: ((body: string) => string | undefined) | undefined;
  readonly #poolNames: ReadonlySet<string>;
  // What nginx answers when no backend was left depends on the status, so 502 has its own memory.
  #meanings = new ByteCache<Meaning>();
  #meaningsOf502 = new ByteCache<Meaning>();
  #tally: Tally;

  constructor(attribution: Attribution, poolNames: readonly string[], tally: Tally) {
    this.#tally = tally;
    this.#poolNames = new Set(poolNames);
    this.header =
      attribution.by === 'header' ? attribution.name : attribution.by === 'log' ? attribution.header : '';
    if (attribution.by === 'body-pointer') {
      this.#fromBody = labelFromPointer(attribution.pointer);
    } else if (attribution.by === 'body-pattern') {
      this.#fromBody = labelFromPattern(attribution.pattern, attribution.flags);
    }
    this.newCollector = this.#fromBody === undefined ? undefined : () => new BodyCollector();
  }

  /** Books on another tally from now on; cells are that tally's, so nothing is remembered. */
  switchTo(tally: Tally): void {
    this.#tally = tally;
    this.#meanings = new ByteCache();
    this.#meaningsOf502 = new ByteCache();
  }

  /** The serving cell by the attribution header; call once the head is complete and before the buffer is reused. */
  byHeader(head: LabelledHead): number {
    if (head.labelCount === 0) return this.#book(nobody);
    if (head.labelCount > 1) this.#tally.counters.duplicateHeaders++;
    const { labelBuffer, labelStart, labelEnd, status } = head;
    const cache = status === 502 ? this.#meaningsOf502 : this.#meanings;
    let meaning = cache.get(labelBuffer, labelStart, labelEnd);
    if (meaning === undefined) {
      meaning = this.#interpret(
        Buffer.from(labelBuffer.subarray(labelStart, labelEnd)).toString('utf8'),
        status,
      );
      cache.set(labelBuffer, labelStart, labelEnd, meaning);
    }
    return this.#book(meaning);
  }

  /** The serving cell by the body; call when the response is complete. */
  byBody(collector: BodyCollector): number {
    const text = this.#fromBody?.(collector.text());
    const label = text === undefined ? undefined : parseBackendLabel(text);
    if (label === undefined) return this.#book(nobody);
    return this.#book(this.#meaningOf({ served: label, retries: [], noneLeft: false }));
  }

  #interpret(text: string, status: number): Meaning {
    return this.#meaningOf(attributeHeader(text, { poolNames: this.#poolNames, status }));
  }

  #meaningOf(attempts: UpstreamAttempts): Meaning {
    const retries = attempts.retries.slice(-maxRetries).map((address) => this.#tally.cellOf(address));
    if (attempts.served === undefined) return { ...nobody, retries, noneLeft: attempts.noneLeft };
    const cell = this.#tally.cellOf(attempts.served);
    return { cell, retries, noneLeft: false, overflow: cell === unattributedCell };
  }

  #book(meaning: Meaning): number {
    const { cells } = this.#tally;
    this.lastRetries = meaning.retries;
    for (let i = 0; i < meaning.retries.length; i++)
      (cells[meaning.retries[i] as number] as BackendCell).counters.retries++;
    if (meaning.noneLeft) this.#tally.counters.noBackendLeft++;
    if (meaning.overflow) this.#tally.counters.backendOverflow++;
    return meaning.cell;
  }
}
