import type { Attribution } from '../../model/plan.js';
import { attributeHeader, parseBackendLabel } from '../../nginx/attribution.js';
import { AttemptCells } from '../../tally/attempt-cells.js';
import type { Tally } from '../../tally/tally.js';
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

/** nginx lists at most one attempt a server; a longer list is somebody's joke, and its end is what counts. */
const maxRetries = 64;

const nobody = new AttemptCells('unclear', []);

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
  #known = new ByteCache<AttemptCells>();
  #known502 = new ByteCache<AttemptCells>();
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
    this.#known = new ByteCache();
    this.#known502 = new ByteCache();
  }

  /** The serving cell by the attribution header; call once the head is complete and before the buffer is reused. */
  byHeader(head: LabelledHead): number {
    if (head.labelCount === 0) return this.#book(nobody);
    if (head.labelCount > 1) this.#tally.counters.duplicateHeaders++;
    const { labelBuffer, labelStart, labelEnd, status } = head;
    const cache = status === 502 ? this.#known502 : this.#known;
    let attempts = cache.get(labelBuffer, labelStart, labelEnd);
    if (attempts === undefined) {
      attempts = this.#interpret(
        Buffer.from(labelBuffer.subarray(labelStart, labelEnd)).toString('utf8'),
        status,
      );
      // A name that nobody knows may turn out to be a backend's as soon as it serves anything.
      const isGuess = attempts.kind === 'none-left' && this.#poolNames.size === 0;
      if (!isGuess) cache.set(labelBuffer, labelStart, labelEnd, attempts);
    }
    return this.#book(attempts);
  }

  /** The serving cell by the body; call when the response is complete. */
  byBody(collector: BodyCollector): number {
    const text = this.#fromBody?.(collector.text());
    const label = text === undefined ? undefined : parseBackendLabel(text);
    if (label === undefined) return this.#book(nobody);
    return this.#book(this.#tally.cellsOf({ kind: 'served', backends: [label], pool: undefined }));
  }

  #interpret(text: string, status: number): AttemptCells {
    const isBackend = (label: string) => this.#tally.hasCell(label);
    const { kind, backends, pool } = attributeHeader(text, { poolNames: this.#poolNames, status, isBackend });
    const named = backends.slice(0, -1).filter((backend) => backend !== undefined);
    return this.#tally.cellsOf({
      kind,
      backends: [...named.slice(-maxRetries), ...backends.slice(-1)],
      pool,
    });
  }

  #book(attempts: AttemptCells): number {
    this.lastRetries = attempts.retries;
    this.#tally.recordAttempts(attempts);
    return attempts.served;
  }
}
