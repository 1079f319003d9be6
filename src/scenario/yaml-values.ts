import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { shown } from '../text/shown.js';
import type { Variables } from './variables.js';

/** What a scenario may hold at most, aliases counted as often as they are used. */
export const limits = { values: 200_000, depth: 64 } as const;

/** A plain value and where it stands, as 0-based offsets into the text. */
export interface PlacedValue {
  readonly value: unknown;
  /** The value as text, where it came from the environment and looks like something else; `undefined` for any other. */
  readonly asText?: string;
  readonly offset: number;
  /** `undefined` for list items and the root. */
  readonly keyOffset: number | undefined;
  readonly children: ReadonlyMap<string, PlacedValue>;
}

interface OffsetFault {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Keys below which texts are templates. */
const templateKeys: ReadonlySet<string> = new Set(['headers', 'cookies', 'path', 'json', 'text']);

const noChildren: ReadonlyMap<string, PlacedValue> = new Map();

/** Turns YAML nodes into plain data, without what the faults are about. */
export function placeValues(
  contents: Node | null,
  variables: Variables,
): {
  readonly root: PlacedValue;
  readonly faults: readonly OffsetFault[];
  /** False when a limit ended the reading. */
  readonly isComplete: boolean;
} {
  const walk = new Walk(variables);
  const root = walk.value(contents, 0, undefined, 0, false);
  return { root, faults: walk.faults, isComplete: !walk.isExhausted };
}

class Walk {
  readonly faults: OffsetFault[] = [];
  private readonly anchors = new Map<string, Node>();
  private values = 0;
  isExhausted = false;

  constructor(private readonly variables: Variables) {}

  value(
    node: unknown,
    parentOffset: number,
    keyOffset: number | undefined,
    depth: number,
    inTemplate: boolean,
  ): PlacedValue {
    const offset = offsetOf(node) ?? parentOffset;
    const leaf = (value: unknown): PlacedValue => ({ value, offset, keyOffset, children: noChildren });
    this.values += 1;
    if (this.values > limits.values || depth > limits.depth) {
      this.isExhausted = true;
      this.faults.push({ offset, ...tooMuch(depth) });
      return leaf(null);
    }
    if (isAlias(node)) {
      const source = this.anchors.get(node.source);
      if (source !== undefined) {
        // Places inside an alias are those of the anchor, where the text to correct stands.
        const placed = this.value(source, offset, keyOffset, depth + 1, inTemplate);
        return { ...placed, keyOffset };
      }
      this.faults.push({
        offset,
        message: `expected an anchor that stands before, got the alias *${shown(node.source)}`,
      });
      return leaf(null);
    }
    if (isMap(node)) {
      this.remember(node);
      return this.map(node.items, offset, keyOffset, depth, inTemplate);
    }
    if (isSeq(node)) {
      this.remember(node);
      const children = new Map<string, PlacedValue>();
      for (const [index, item] of node.items.entries()) {
        if (this.isExhausted) break;
        children.set(String(index), this.value(item, offset, undefined, depth + 1, inTemplate));
      }
      return { value: [...children.values()].map((child) => child.value), offset, keyOffset, children };
    }
    if (isScalar(node)) {
      this.remember(node);
      if (typeof node.value !== 'string') return leaf(this.scalar(node.value, node.source, offset));
      const text = this.text(node.value, offset, inTemplate);
      // As YAML would have read it, had it stood there.
      const value = text === node.value || node.type !== 'PLAIN' ? text : plainValue(text);
      return value === text ? leaf(text) : { ...leaf(this.scalar(value, text, offset)), asText: text };
    }
    return leaf(null);
  }

  private map(
    items: readonly { readonly key: unknown; readonly value: unknown }[],
    offset: number,
    keyOffset: number | undefined,
    depth: number,
    inTemplate: boolean,
  ): PlacedValue {
    const children = new Map<string, PlacedValue>();
    for (const { key, value } of items) {
      if (this.isExhausted) break;
      const at = offsetOf(key) ?? offset;
      const name = isScalar(key) ? this.text(key.source ?? String(key.value), at, inTemplate) : undefined;
      if (name === undefined) {
        this.faults.push({
          offset: at,
          message: 'expected a word as the key, got something else',
          hint: 'put a key that contains brackets or braces in quotes: "[::1]:8001"',
        });
      } else if (name === '__proto__') {
        this.faults.push({ offset: at, message: 'expected a key other than "__proto__", got "__proto__"' });
      } else if (children.has(name)) {
        // Looked up here, because the library compares every key with every other.
        this.faults.push({
          offset: at,
          message: `expected each key once, got ${shown(name)} again`,
          hint: 'keep one of the two',
        });
      } else {
        children.set(name, this.value(value, at, at, depth + 1, inTemplate || templateKeys.has(name)));
      }
    }
    const entries = [...children].map(([name, child]) => [name, child.value] as const);
    return { value: Object.fromEntries(entries), offset, keyOffset, children };
  }

  private scalar(value: unknown, source: string | undefined, offset: number): unknown {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value !== 'number') return source ?? String(value);
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      this.faults.push({
        offset,
        message: `expected a number that can be kept exactly, got ${shown(source ?? String(value))}`,
        hint: 'put it in quotes if it is meant as text',
      });
    }
    return value;
  }

  /** The text with its variables filled in. */
  private text(text: string, offset: number, inTemplate: boolean): string {
    const filled = this.variables.fill(text, inTemplate);
    for (const fault of filled.faults) this.faults.push({ offset, ...fault });
    return filled.text;
  }

  private remember(node: Node & { readonly anchor?: string | undefined }): void {
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
  }
}

/** What YAML's core schema makes of an unquoted text that is a number or a truth value. */
function plainValue(text: string): unknown {
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  return /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text;
}

function tooMuch(depth: number): Omit<OffsetFault, 'offset'> {
  return depth > limits.depth
    ? { message: `expected at most ${limits.depth} levels of nesting, got more` }
    : {
        message: `expected at most ${limits.values} values, got more`,
        hint: 'aliases (*name) count as often as they are used',
      };
}

function offsetOf(node: unknown): number | undefined {
  if (!isAlias(node) && !isMap(node) && !isSeq(node) && !isScalar(node)) return undefined;
  return node.range?.[0];
}
