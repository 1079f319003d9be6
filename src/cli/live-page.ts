import { LbbenchError } from '../model/fault.js';
import type { Plan } from '../model/plan.js';
import type { Report } from '../model/report.js';
import type { LiveRun } from '../report/html/live.js';
import type { LoadProgress } from '../run/run-control.js';
import type { OutputFile } from './output-file.js';
import type { Outputs } from './outputs.js';

/** Points of the course that are kept; with more of them every second one goes. */
const mostPoints = 240;

const start = { atMs: 0, ended: 0 };

/** What makes the pages; its charts take a moment to load. */
type Pages = Pick<typeof import('../report/html/live.js'), 'livePage' | 'liveEverySec'> &
  Pick<typeof import('../report/html/page.js'), 'html'>;

/** A page about what goes on, written anew every few seconds; at the end it is the report. */
export class LivePage {
  readonly #pages: Pages;
  #nextMs = 0;
  #run: { readonly name: string; readonly plan: Plan } | undefined;
  #course: { readonly atMs: number; readonly ended: number }[] = [];
  #everyMs = 250;
  #soFar: Report | undefined;

  private constructor(
    readonly file: OutputFile,
    readonly title: string,
    pages: Pages,
  ) {
    this.#pages = pages;
  }

  /** @returns nothing where no page was asked for @throws LbbenchError when the file cannot be written */
  static async open(
    outputs: Outputs,
    path: string | undefined,
    title: string,
  ): Promise<LivePage | undefined> {
    if (path === undefined) return undefined;
    if (path === '-')
      throw LbbenchError.usage(
        '--live',
        'expected a file, got "-"',
        'name one that a browser can open: --live live.html',
      );
    const file = outputs.open('--live', path);
    // Loaded before anything is measured.
    const [{ livePage, liveEverySec }, { html }] = await Promise.all([
      import('../report/html/live.js'),
      import('../report/html/page.js'),
    ]);
    return new LivePage(file, title, { livePage, liveEverySec, html });
  }

  /** A run begins. */
  start(name: string, plan: Plan): void {
    this.#run = { name, plan };
    this.#course = [start];
    this.#everyMs = 250;
  }

  async progress(progress: LoadProgress): Promise<void> {
    const { elapsedMs, ended } = progress;
    const last = this.#course.at(-1);
    // The warm-up is counted apart.
    if (last !== undefined && elapsedMs < last.atMs) this.#course = [start];
    if (elapsedMs >= (this.#course.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) + this.#everyMs)
      this.#course.push({ atMs: elapsedMs, ended });
    if (this.#course.length > mostPoints) {
      this.#course = this.#course.filter((_, index) => index % 2 === 0);
      this.#everyMs *= 2;
    }
    const run = this.#run;
    if (run === undefined || !this.#isDue()) return;
    await this.file.write(this.#pages.livePage(this.#stateOf(run, progress)));
  }

  /** What has been measured, or read of a log, so far. */
  async report(report: Report): Promise<void> {
    this.#soFar = report;
    if (report.log !== undefined && this.#isDue()) {
      await this.file.write(this.#pages.html(report, this.#pages.liveEverySec));
    }
  }

  /** The end: the page no longer changes. */
  async end(report: Report): Promise<void> {
    await this.file.write(this.#pages.html(report));
  }

  #isDue(): boolean {
    const nowMs = performance.now();
    if (nowMs < this.#nextMs) return false;
    this.#nextMs = nowMs + this.#pages.liveEverySec * 1000;
    return true;
  }

  #stateOf({ name, plan }: { readonly name: string; readonly plan: Plan }, progress: LoadProgress): LiveRun {
    const { load } = plan;
    return {
      ...progress,
      title: this.title,
      run: name,
      requests: load.requests,
      durationMs: load.durationMs,
      course: this.#course,
      soFar: this.#soFar,
    };
  }
}
