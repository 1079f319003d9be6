import { readdirSync, readFileSync } from 'node:fs';

/*
 * Processes of this machine as Linux tells of them in /proc. Elsewhere there are none to be seen, and nothing is tried.
 */

/** One process and no other: ids are used again, but not with the same start. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks between the start of the machine and that of the process. */
  readonly startTicks: string;
}

/** The mark of a process; `undefined` when there is none of that id. */
export function markOf(pid: number): ProcessMark | undefined {
  const startTicks = fieldsOf(pid)?.[19];
  return startTicks === undefined ? undefined : { pid, startTicks };
}

/** Whether a process is still the one that it was, and alive. */
export function isRunning({ pid, startTicks }: ProcessMark): boolean {
  const fields = fieldsOf(pid);
  // What has ended and is not yet waited for is no more.
  return fields !== undefined && fields[19] === startTicks && fields[0] !== 'Z' && fields[0] !== 'X';
}

/** The fields of /proc/PID/stat from the state on, which is the third: the name before it may hold anything. */
function fieldsOf(pid: number): readonly string[] | undefined {
  const text = textOf(pid, 'stat');
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** What a process calls itself: its command line, which nginx replaces by what it is. */
export function titleOf(pid: number): string {
  return (textOf(pid, 'cmdline') ?? '').replaceAll('\0', ' ').trim();
}

/** The ids of the processes that one has started and that still live. */
export function childrenOf(pid: number): readonly number[] {
  const told = textOf(pid, `task/${pid}/children`);
  if (told !== undefined) return told.split(' ').filter(Boolean).map(Number);
  // Not every kernel tells.
  return allProcesses().filter((candidate) => fieldsOf(candidate)?.[1] === String(pid));
}

/** The ids of all processes. */
export function allProcesses(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function textOf(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return undefined;
  }
}
