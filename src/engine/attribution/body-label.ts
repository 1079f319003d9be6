import { compileExpression } from '../../text/expression.js';

/** RFC 6901, section 4; an array also has a length, which is not in the document. */
const arrayIndex = /^(0|[1-9]\d*)$/;

/** Reads the backend's name from a JSON body by an RFC 6901 pointer; strings and numbers name a backend. */
export function labelFromPointer(pointer: string): (body: string) => string | undefined {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (body) => {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return undefined;
    }
    for (const key of keys) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      if (Array.isArray(value) && !arrayIndex.test(key)) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
}

/**
 * Reads the backend's name from a body's text: the first group of the expression, else all it matched.
 *
 * @throws {Error} for an expression that the scenario does not let in
 */
export function labelFromPattern(pattern: string, flags: string): (body: string) => string | undefined {
  const compiled = compileExpression(pattern, flags);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.value.find;
}
