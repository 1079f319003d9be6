import { ExitCode } from './exit-codes.js';
import type { InterruptSignal, Io } from './io.js';

const signals: readonly InterruptSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs what measures or waits. The first Ctrl-C, `kill` or closing of the terminal aborts its signal, so that what was
 * measured is still reported; a second one ends the process at once. Before and behind it a signal ends the process as it
 * ends any other.
 *
 * @param work rejects with its signal's reason when it was aborted before there was a result
 * @returns no result then
 */
export async function interruptible<T>(
  io: Io,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly result: T | undefined; readonly wasInterrupted: boolean }> {
  const controller = new AbortController();
  const { signal } = controller;
  const interrupt = () => {
    if (signal.aborted) io.exit(ExitCode.interrupted);
    controller.abort();
  };
  for (const name of signals) io.on(name, interrupt);
  try {
    const result = await work(signal);
    return { result, wasInterrupted: signal.aborted };
  } catch (error) {
    if (error !== signal.reason || !signal.aborted) throw error;
    return { result: undefined, wasInterrupted: true };
  } finally {
    for (const name of signals) io.off(name, interrupt);
  }
}
