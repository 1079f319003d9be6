/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it is aborted: a name that is being looked up, a
 * pipe that nobody writes to and a process that does not answer cannot be told to stop. The work goes on unheard then.
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
  // Whichever of the two comes second has no listener left.
  work.catch(() => {});
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Whether an error is that of `unlessAborted`: nobody waits for a result any more. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && error === signal.reason;
}
