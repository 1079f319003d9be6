import type { Head } from 'autocannon';
import { unattributedCell } from '../../tally/attempt-cells.js';
import type { Attributor } from '../attribution/attributor.js';
import type { Answer } from '../response-checks.js';

/** About what the native engine keeps of a body. */
const maxCheckedCharacters = 1024 * 1024;

/** Reads out of a response's head and body, as autocannon hands them out, what the tally wants to know. */
export class AnswerReader {
  /** Body of the response that is being handed out, decoded as UTF-8. */
  body = '';
  /** Responses whose body autocannon decoded with losses, so that its length is not exact. */
  inexactBodies = 0;
  /** Event streams, which it hands out as any other body. */
  streams = 0;
  readonly #attributor: Attributor;

  constructor(attributor: Attributor) {
    this.#attributor = attributor;
  }

  /** @param isComplete whether the body has come */
  cellOf(head: Head, isComplete: boolean): number {
    if (valuesOf(head, 'content-type')[0]?.toLowerCase().startsWith('text/event-stream')) this.streams++;
    const { header, newCollector } = this.#attributor;
    if (newCollector !== undefined) {
      if (!isComplete) return unattributedCell;
      const collector = newCollector();
      const bytes = Buffer.from(this.body, 'utf8');
      collector.clear();
      collector.append(bytes, 0, bytes.length);
      return this.#attributor.byBody(collector);
    }
    const labels = valuesOf(head, header);
    const label = Buffer.from(labels.at(-1) ?? '', 'latin1');
    return this.#attributor.byHeader({
      status: head.statusCode,
      labelCount: labels.length,
      labelBuffer: label,
      labelStart: 0,
      labelEnd: label.length,
    });
  }

  /** What checks look at. */
  answerOf(head: Head): Answer {
    return {
      valuesOf: (header) => valuesOf(head, header),
      text: () => this.body.slice(0, maxCheckedCharacters),
    };
  }

  bodyBytes(head: Head): number {
    const stated = valuesOf(head, 'content-length')[0];
    if (stated !== undefined) return Number(stated);
    // Bytes that are not UTF-8, and letters cut in two by a read, have become U+FFFD.
    if (this.body.includes('\ufffd')) this.inexactBodies++;
    return Buffer.byteLength(this.body, 'utf8');
  }
}

/** Values of every field of that name, which is in lower case. */
export function valuesOf({ headers }: Head, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) values.push(headers[i + 1] as string);
  }
  return values;
}
