/** Major, minor and patch. */
export type NginxVersion = readonly [major: number, minor: number, patch: number];

/** Whether a version is at least another. */
export function isAtLeast(version: readonly number[], least: readonly number[]): boolean {
  const differing = least.findIndex((part, index) => version[index] !== part);
  return differing < 0 || (version[differing] ?? 0) > (least[differing] ?? 0);
}

/** Reads `1.22.1`; `undefined` for anything else. */
export function parseVersion(text: string): NginxVersion | undefined {
  const match = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}
