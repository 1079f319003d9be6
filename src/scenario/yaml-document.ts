import { Composer, type Document, Lexer, LineCounter, Parser } from 'yaml';
import type { Fault } from '../model/fault.js';
import { isPrintable, shown } from '../text/shown.js';
import type { Blame, Path, Place } from './place.js';
import { Variables } from './variables.js';
import { limits, type PlacedValue, placeValues } from './yaml-values.js';

/** A YAML text as plain data that remembers where everything stood. */
export interface ScenarioDocument {
  /** Maps, lists, strings, numbers, booleans and null; no sharing and no cycles. */
  readonly value: unknown;
  /**
   * The place of a key or value. For a path that does not exist: the value of the nearest parent that does.
   * `offset` moves into a scalar's text, where the text stands in the file as it is.
   */
  placeOf(path: Path, blame: Blame, offset?: number): Place;
  /** The text at a path whose value, a number or truth value, came from the environment; `undefined` anywhere else. */
  textAt(path: Path): string | undefined;
  /** Whether the document has a value, be it empty, at that path. */
  has(path: Path): boolean;
}

type Read =
  | {
      readonly ok: true;
      readonly document: ScenarioDocument;
      /** What is wrong with single keys and values; without them the document is whole. */
      readonly faults: readonly Fault[];
    }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const maxBytes = 1 << 20;

/**
 * Reads one YAML 1.2 document. Refuses, with line and column: syntax errors, a second document, duplicate keys,
 * unknown tags, keys that are not plain words, aliases that point to their own parents, and whatever would expand to
 * more than `limits` allow.
 *
 * @param variables what `${NAME}` stands for
 */
export function readYaml(text: string, file: string | undefined, variables = new Variables({})): Read {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    return only({
      file,
      line: 1,
      column: 1,
      message: `expected a scenario of at most ${maxBytes} bytes, got ${bytes}`,
      hint: 'keep large bodies in files of their own: jsonFile, textFile or file',
    });
  }
  const lineCounter = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(Math.min(offset, text.length));
    return line === 0 ? { line: 1, column: 1 } : { line, column: col };
  };
  const parsed = parseYaml(variables.mark(text), lineCounter);
  if (parsed.kind === 'too-deep') {
    return only({
      file,
      ...placeAt(parsed.offset),
      message: `expected at most ${limits.depth} levels of nesting, got more`,
    });
  }
  const { first, secondOffset } = parsed;
  const faults = [...first.errors, ...first.warnings].slice(0, 20).map(
    (problem): Fault => ({
      file,
      ...placeAt(problem.pos[0]),
      message: `expected valid YAML, got ${printable(variables.unmark(problem.message))}`,
      hint: advice[problem.code],
    }),
  );
  if (secondOffset !== undefined) {
    faults.push({
      file,
      ...placeAt(secondOffset),
      message: 'expected one YAML document, got another one',
      hint: 'keep one scenario a file: remove the --- and what follows it',
    });
  }
  if (faults.length > 0) return { ok: false, faults };
  const placed = placeValues(first.contents, variables);
  const placedFaults = placed.faults.map(({ offset, ...fault }) => ({ file, ...placeAt(offset), ...fault }));
  return placed.isComplete
    ? { ok: true, document: documentOf(placed.root, text, placeAt), faults: placedFaults }
    : { ok: false, faults: placedFaults };
}

/** What came of a YAML text. */
type YamlParse =
  | {
      readonly kind: 'documents';
      readonly first: Document.Parsed;
      /** Where a second document starts. */
      readonly secondOffset: number | undefined;
    }
  | { readonly kind: 'too-deep'; readonly offset: number };

/**
 * Parses like the library's `parseDocument`, but stops at the first token that nests too deeply. What follows the
 * tokeniser recurses, and a file of 100,000 brackets would not only throw but can end the whole process, when the
 * stack runs out while V8 compiles a regular expression.
 */
function parseYaml(text: string, lineCounter: LineCounter): YamlParse {
  lineCounter.addNewLine(0);
  const parser = new Parser(lineCounter.addNewLine);
  const tokens = [];
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // A level is a collection, and at times the pair or scalar in it.
    if (parser.stack.length > 2 * limits.depth + 8) return { kind: 'too-deep', offset };
    offset += lexeme.length;
  }
  tokens.push(...parser.end());
  // Duplicate keys are found when values are placed: the library compares every key with every other one.
  const composer = new Composer({ prettyErrors: false, schema: 'core', uniqueKeys: false });
  const [first, second] = composer.compose(tokens, true, text.length);
  if (first === undefined) throw new Error('the YAML composer made no document');
  return { kind: 'documents', first, secondOffset: second?.range[0] };
}

const advice: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'remove the tag that starts with !',
  BAD_INDENT: 'indent the lines of one map or list alike',
  MULTILINE_IMPLICIT_KEY: 'quote a text that contains a colon and a space',
  BLOCK_AS_IMPLICIT_KEY: 'quote a text that contains a colon and a space',
};

function documentOf(root: PlacedValue, text: string, placeAt: (offset: number) => Place): ScenarioDocument {
  const find = (path: Path): { readonly found: PlacedValue; readonly complete: boolean } => {
    let found = root;
    for (const step of path) {
      const next = found.children.get(String(step));
      if (next === undefined) return { found, complete: false };
      found = next;
    }
    return { found, complete: true };
  };
  return {
    value: root.value,
    textAt(path) {
      const { found, complete } = find(path);
      return complete ? found.asText : undefined;
    },
    has: (path) => find(path).complete,
    placeOf(path, blame, offset = 0) {
      const { found, complete } = find(path);
      if (complete && blame === 'key') return placeAt(found.keyOffset ?? found.offset);
      if (!complete || offset === 0 || typeof found.value !== 'string') return placeAt(found.offset);
      // A quoted or folded scalar with escapes is not what stands in the file; then its start has to do.
      for (const start of [found.offset, found.offset + 1]) {
        if (text.startsWith(found.value, start)) return placeAt(start + offset);
      }
      return placeAt(found.offset);
    },
  };
}

function printable(message: string): string {
  return isPrintable(message) ? message : shown(message, 200);
}

function only(fault: Fault): Read {
  return { ok: false, faults: [fault] };
}
