import { isDeepStrictEqual } from 'node:util';
import { shapeFor } from '../engine/job-tally.js';
import type { LoadJob, LoadProgress } from '../engine/load-job.js';
import { mergedProgress } from '../engine/load-progress.js';
import { nowUs } from '../engine/monotonic-clock.js';
import type { SeatEnd } from './result.js';
import { BrokenSeal, limits, type Seal } from './seal.js';
import { keys, type SeatState, type Store } from './store.js';
import { type Checkpoint, readCheckpoint, readProgress } from './wire.js';

/** An agent that says nothing for this long, where it should twice a second, is shown as silent. */
const silentUs = 2_500_000;

interface SeatView {
  state: SeatState | undefined;
  /** The last that was read, and when. */
  checkpoint: Checkpoint | undefined;
  checkpointSeq: number;
  readUs: number;
  /** Its last did not open, though it was looked for again. */
  isUnreadable: boolean;
  progress: LoadProgress | undefined;
  /** When it was last heard of, or began. */
  heardUs: number;
}

/** What the coordinator of a run knows of its seats, in the order of their numbers. */
export class SeatViews {
  readonly #views: readonly SeatView[];

  constructor(
    readonly store: Store,
    readonly seal: Seal,
    readonly run: string,
    readonly job: LoadJob,
    count: number,
  ) {
    this.#views = Array.from({ length: count }, () => ({
      state: undefined,
      checkpoint: undefined,
      checkpointSeq: 0,
      readUs: Number.NEGATIVE_INFINITY,
      isUnreadable: false,
      progress: undefined,
      heardUs: 0,
    }));
  }

  get states(): readonly (SeatState | undefined)[] {
    return this.#views.map(({ state }) => state);
  }

  get hasUnreadable(): boolean {
    return this.#views.some(({ isUnreadable }) => isUnreadable);
  }

  async look(): Promise<void> {
    const states = await Promise.all(this.#views.map((_, seat) => this.store.look(this.run, seat)));
    states.forEach((state, seat) => {
      const view = this.#views[seat] as SeatView;
      // From here on it has something to say.
      if (state.state === 'started' && view.state?.state !== 'started') view.heardUs = nowUs();
      view.state = state;
    });
  }

  /** Reads the checkpoints that are new since the last `look`, of seats whose last was read at least so long ago. */
  async readCheckpoints(leastAgeMs: number): Promise<void> {
    await Promise.all(
      this.#views.map(async (view, seat) => {
        const { state } = view;
        if (state === undefined || state.checkpoint === view.checkpointSeq) return;
        if (nowUs() - view.readUs < leastAgeMs * 1000) return;
        const sealed = await this.store.redis.getBuffer(keys.checkpoint(this.run, seat));
        if (sealed === null) return;
        const use = `checkpoint ${this.run} ${seat} ${state.epoch} ${state.checkpoint}`;
        try {
          const checkpoint = readCheckpoint(this.seal.open(sealed, use, limits.message * 4));
          if (!isDeepStrictEqual(checkpoint.tally.shape, shapeFor(this.job)))
            throw new BrokenSeal('of another load');
          view.checkpoint = checkpoint;
          view.checkpointSeq = state.checkpoint;
          view.readUs = nowUs();
          view.isUnreadable = false;
        } catch {
          // Damaged, or replaced between the two looks: then the next look finds it.
          view.isUnreadable = true;
        }
      }),
    );
  }

  /** Takes what an agent says of its progress. */
  hear(message: Buffer): void {
    try {
      const { seat, progress } = readProgress(
        this.seal.open(message, `progress ${this.run}`, limits.message),
      );
      const view = this.#views[seat];
      if (view === undefined) return;
      view.progress = progress;
      view.heardUs = nowUs();
    } catch {
      // Somebody else's, on a channel that anybody may speak on.
    }
  }

  progress(): LoadProgress {
    const known = this.#views.map(({ progress }) => progress).filter((progress) => progress !== undefined);
    const most = Math.max(0, ...known.map(({ ended }) => ended));
    const names = (isSo: (view: SeatView) => boolean) =>
      this.#views.flatMap((view) =>
        view.state?.state === 'started' && isSo(view) ? [view.state.agent ?? ''] : [],
      );
    const isSilent = ({ heardUs }: SeatView) => nowUs() - heardUs > silentUs;
    return {
      ...mergedProgress(known),
      agents: {
        all: this.#views.length,
        silent: names(isSilent),
        slow: names((view) => !isSilent(view) && (view.progress?.ended ?? most) < most / 2),
      },
    };
  }

  ends(): SeatEnd[] {
    return this.#views.map(({ state, checkpoint, isUnreadable }, seat) => ({
      seat,
      state,
      checkpoint,
      isUnreadable,
    }));
  }
}
