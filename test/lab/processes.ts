import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether a process runs. One that has ended and waits for its parent or init to notice does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The state follows the name, which may hold anything, in parentheses.
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z';
  } catch {
    return false;
  }
}

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** The processes that a process has started, those that these have, and so on. */
export function descendantsOf(pid: number): readonly ProcessRow[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line): ProcessRow => {
      const [, child = '', parent = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return { pid: Number(child), parent: Number(parent), command };
    });
  const found: ProcessRow[] = [];
  for (let parents = [pid]; parents.length > 0; ) {
    const children = rows.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((row) => row.pid);
  }
  return found;
}
