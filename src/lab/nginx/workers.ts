/**
 * Process ids of all workers that nginx has ever started, from its error log at level `notice`:
 * `2026/11/22 10:04:04 [notice] 71#71: start worker process 72`.
 */
export function startedWorkers(errorLog: string): number[] {
  return [...errorLog.matchAll(/^\S+ \S+ \[notice\] \d+#\d+: start worker process (\d+)$/gm)].map((match) =>
    Number(match[1]),
  );
}

/** Whether a process exists, even if it is another user's. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
