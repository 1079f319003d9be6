/** How statuses are named: a code such as `429`, or a class such as `4xx`. */
export const statusNamePattern = /^\d(\d\d|xx)$/;

/** Whether a code is that of a name, or of its class. A class is of itself. */
export function isOfStatus(code: string, name: string): boolean {
  return code === name || (name.endsWith('xx') && code.length === 3 && code[0] === name[0]);
}
