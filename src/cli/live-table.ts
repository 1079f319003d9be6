import type { Report } from '../model/report.js';
import { liveLog } from '../report/terminal.js';
import { type Io, wantsColor, widthOf } from './io.js';
import { note } from './print.js';

/** Draws a followed log over itself on a terminal; elsewhere nothing, the result comes at the end. */
export class LiveTable {
  #linesDrawn = 0;
  #last: { readonly atMs: number; readonly requests: number } | undefined;

  constructor(
    readonly io: Io,
    readonly color: boolean,
  ) {}

  draw(report: Report, nowMs: number): void {
    const { stderr } = this.io;
    if (stderr.isTTY !== true) return;
    const requests = report.log?.selected ?? 0;
    const last = this.#last;
    const lines = liveLog(report, {
      color: wantsColor(this.io, this.color),
      width: widthOf(stderr),
      rows: stderr.rows ?? 24,
      recentPerSec:
        last === undefined || nowMs <= last.atMs
          ? undefined
          : Math.max(0, (requests - last.requests) * 1000) / (nowMs - last.atMs),
    });
    this.#last = { atMs: nowMs, requests };
    this.clear();
    note(this.io, `${lines.join('\n')}\n`);
    this.#linesDrawn = lines.length;
  }

  clear(): void {
    if (this.#linesDrawn > 0) note(this.io, `\u001b[${this.#linesDrawn}A\u001b[J`);
    this.#linesDrawn = 0;
  }
}
