import { Composer, type Document, Lexer, type LineCounter, Parser } from 'yaml';
import { limits } from './yaml-values.js';

/** What came of a YAML text. */
export type YamlParse =
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
export function parseYaml(text: string, lineCounter: LineCounter): YamlParse {
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
