import { compileExpression } from '../../text/expression.js';

/** RFC 6901, section 4; an array also has a length, which is not in the document. */
const arrayIndex = /^(0|[1-9]\d*)$/;

/** Reads the backend's name from a JSON body by an RFC 6901 pointer; strings and numbers name a backend. */
export function labelFromPointer(pointer: string): (body: string) => string | undefined {
  const valueIn = valueAt(pointer);
  return (body) => {
    const value = valueIn(parsedJson(body));
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
}

/** What a text says as JSON; `undefined` for what is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an RFC 6901 pointer leads to in a document; `undefined` where that is nothing. */
export function valueAt(pointer: string): (document: unknown) => unknown {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (document) => {
    let value = document;
    for (const key of keys) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      if (Array.isArray(value) && !arrayIndex.test(key)) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return value;
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
