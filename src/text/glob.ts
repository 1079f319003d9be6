/** Whether nginx treats an `include` argument as a pattern. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

/**
 * One path component of a glob(3) pattern as a test of file names: `*`, `?`, `[a-z]`, `[!a-z]` and backslash
 * escapes. As in the shell a leading dot is only matched by a dot.
 */
export function globMatcher(component: string): (name: string) => boolean {
  // Alternating literal steps and stars, matched greedily with one point to fall back to: linear for any pattern
  // that a file name of 255 bytes can meet, where a regular expression could take exponential time.
  const steps = [...component.matchAll(/\\(?<escaped>.)|\[(?<set>[!^]?\]?[^\]]*)\]|(?<plain>.)/gsu)].map(
    ({ groups }): Step => {
      if (groups?.set !== undefined) return setStep(groups.set);
      if (groups?.plain === '*') return 'star';
      if (groups?.plain === '?') return () => true;
      const literal = groups?.escaped ?? groups?.plain;
      return (character) => character === literal;
    },
  );
  return (name) => (name.startsWith('.') && !/^\\?\./.test(component) ? false : matches(steps, [...name]));
}

/** A test of whole texts: `*` matches any characters, `?` any one, slashes and leading dots too; all others are themselves. */
export function wildcardTest(pattern: string): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  const steps = [...pattern].map((wanted): Step => {
    if (wanted === '*') return 'star';
    if (wanted === '?') return () => true;
    return (character) => character === wanted;
  });
  return (text) => matches(steps, [...text]);
}

type Step = 'star' | ((character: string) => boolean);

function setStep(set: string): Step {
  const isNegated = set.startsWith('!') || set.startsWith('^');
  const members = [...set.slice(isNegated ? 1 : 0)];
  return (character) => {
    let isMember = false;
    for (let at = 0; at < members.length; at += 1) {
      const low = members[at] ?? '';
      const high = members[at + 1] === '-' ? members[at + 2] : undefined;
      if (character >= low && character <= (high ?? low)) isMember = true;
      if (high !== undefined) at += 2;
    }
    return isMember !== isNegated;
  };
}

function matches(steps: readonly Step[], name: readonly string[]): boolean {
  let [step, at, starStep, starAt] = [0, 0, -1, 0];
  while (at < name.length) {
    const current = steps[step];
    if (current === 'star') {
      [starStep, starAt] = [step, at];
      step += 1;
    } else if (current?.(name[at] ?? '')) {
      step += 1;
      at += 1;
    } else if (starStep >= 0) {
      starAt += 1;
      [step, at] = [starStep + 1, starAt];
    } else {
      return false;
    }
  }
  return steps.slice(step).every((rest) => rest === 'star');
}
