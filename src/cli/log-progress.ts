import type { Io } from './io.js';

/** Shows how far the reading of logs has come, on stderr. */
export interface LogProgress {
  readonly update: (readBytes: number, totalBytes: number) => void;
  readonly stop: () => void;
}

const everyMs = 100;

/** A live line on a terminal, nothing elsewhere. */
export async function logProgress(io: Io, quiet: boolean): Promise<LogProgress> {
  if (quiet || io.stderr.isTTY !== true) return { update() {}, stop() {} };
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: io.stderr, discardStdin: false }).start('reading');
  const startedMs = performance.now();
  let nextMs = startedMs + everyMs;
  return {
    update(readBytes, totalBytes) {
      const nowMs = performance.now();
      if (nowMs < nextMs) return;
      nextMs = nowMs + everyMs;
      const perSec = readBytes / ((nowMs - startedMs) / 1000);
      const parts = [`${megabytes(readBytes)} MB`, `${megabytes(perSec)} MB/s`];
      // Of compressed files only the packed size is known beforehand.
      if (totalBytes >= readBytes) parts.push(`${Math.floor((readBytes / totalBytes) * 100)} %`);
      spinner.text = parts.join(' · ');
    },
    stop() {
      spinner.stop();
    },
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
