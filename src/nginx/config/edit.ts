import type { Algorithm } from '../../model/algorithm.js';
import type { Fault } from '../../model/fault.js';
import { shown } from '../../text/shown.js';
import { algorithmOf, formatAlgorithm, methodNames } from '../algorithm.js';
import { nextToken } from '../tokens.js';
import type { Checked } from './checked.js';
import { parseConfig } from './parse.js';

/** The balancing method of one `upstream` block in the text of a configuration file, to be changed and nothing else. */
export interface MethodEditor {
  /** As the text has it. */
  readonly algorithm: Algorithm;
  /** 1-based line of the method's directive, or where one would be put. */
  readonly line: number;
  /**
   * The text with another method: its directive replaced, put in front of the block's first directive, or cut out for
   * `round_robin`, which has none. Every other character stays; the method that is there already changes nothing.
   */
  with(algorithm: Algorithm): string;
}

/** `name args;` inside the block: from its first character to behind its semicolon. */
interface Statement {
  readonly words: readonly string[];
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the method of the block `upstream NAME { … }`. Fails where a change of the method alone could change more, or
 * would not be one: two blocks of that name, blocks inside, two methods, a method behind `keepalive`.
 *
 * The text may hold one character a byte, so that what is not UTF-8 survives; the name is then given likewise.
 */
export function methodEditor(text: string, name: string, file?: string): Checked<MethodEditor> {
  const parsed = parseConfig(text, file);
  if (!parsed.ok) return parsed;
  const refusal = (offset: number, message: string, hint?: string): Checked<never> => {
    const fault: Fault = { file, line: lineAt(text, offset), message, hint };
    return { ok: false, faults: [fault] };
  };
  const found = blocksNamed(text, name);
  const [block, second] = found;
  if (block === undefined)
    return refusal(0, `expected a block upstream ${shown(name)} in this file, got none`);
  if (second !== undefined) {
    return refusal(second.start, `expected one block upstream ${shown(name)}, got a second one`);
  }
  if (block.inner !== undefined) {
    return refusal(block.inner, `expected only directives in upstream ${shown(name)}, got a block`);
  }
  const { statements } = block;
  const [first] = statements;
  if (first === undefined)
    return refusal(block.start, `expected servers in upstream ${shown(name)}, got none`);
  const [method, other] = statements.filter(({ words }) => methodNames.has(words[0] ?? ''));
  if (other !== undefined) {
    return refusal(other.start, 'expected one balancing method, got a second one, which nginx lets win');
  }
  const keepalive = statements.find(({ words }) => words[0] === 'keepalive');
  if (method !== undefined && keepalive !== undefined && keepalive.start < method.start) {
    return refusal(
      method.start,
      'expected the method before keepalive, got it behind, which switches keepalive off',
      'move it up and reload nginx first, so that a change of the method changes nothing else',
    );
  }
  const algorithm = algorithmOf(method?.words ?? ['round_robin']);
  if (!algorithm.ok) return refusal(method?.start ?? 0, algorithm.message, algorithm.hint);
  const written = formatAlgorithm(algorithm.value);
  const place = method ?? { start: first.start, end: first.start };
  // A new line looks like the one that it is put in front of.
  const space = method === undefined ? whiteSpaceBefore(text, first.start) : '';
  return {
    ok: true,
    value: {
      algorithm: algorithm.value,
      line: lineAt(text, place.start),
      with(wanted) {
        const next = formatAlgorithm(wanted);
        if (next === written) return text;
        const directive = wanted.method === 'round_robin' ? '' : `${next};${space}`;
        return text.slice(0, place.start) + directive + text.slice(place.end);
      },
    },
  };
}

interface Block {
  readonly start: number;
  readonly statements: readonly Statement[];
  /** Where a block inside it starts; `undefined` when there is none. */
  readonly inner: number | undefined;
}

/** Every block of the name, at whatever depth, in a text without syntax errors. */
function blocksNamed(text: string, name: string): readonly Block[] {
  const blocks: { start: number; statements: Statement[]; inner: number | undefined }[] = [];
  /** For each open block: the one of the name that it is, if it is one. */
  const open: ((typeof blocks)[number] | undefined)[] = [];
  let words: string[] = [];
  let start = 0;
  for (let from = 0; ; ) {
    const token = nextToken(text, from);
    from = token.end;
    if (token.kind === 'end' || token.kind === 'error') return blocks;
    if (token.kind === 'comment') continue;
    if (token.kind === 'word') {
      if (words.length === 0) start = token.offset;
      words.push(token.value);
      continue;
    }
    const around = open.at(-1);
    if (token.kind === '}') open.pop();
    else if (token.kind === ';') around?.statements.push({ words, start, end: token.end });
    else {
      if (around !== undefined) around.inner ??= start;
      const isNamed = words[0] === 'upstream' && words[1] === name;
      const block = isNamed ? { start, statements: [], inner: undefined } : undefined;
      if (block !== undefined) blocks.push(block);
      open.push(block);
    }
    words = [];
  }
}

function whiteSpaceBefore(text: string, offset: number): string {
  return /(?:\r?\n)?[ \t]*$/.exec(text.slice(Math.max(0, offset - 1_000), offset))?.[0] ?? '';
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
