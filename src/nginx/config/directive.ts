/** Where a directive stands in its file; line and column are 1-based, the column counts characters. */
export interface Position {
  readonly file: string | undefined;
  readonly line: number;
  readonly column: number;
}

/** One directive of an nginx configuration: `name args;` or `name args { block }`. */
export interface Directive {
  readonly name: string;
  /** Quotes and escapes resolved; how a word was quoted makes no difference to nginx. */
  readonly args: readonly string[];
  /** `undefined` for a directive that ends with a semicolon. */
  readonly block: readonly Directive[] | undefined;
  /** What stands between the braces of a block of OpenResty's that is Lua; its `block` then is empty. */
  readonly lua?: string;
  /** `undefined` when the directive was made rather than read. */
  readonly at: Position | undefined;
}

/** Makes a directive to print: `directive('listen', ['8080'])`, `directive('events', [], [])`. */
export function directive(
  name: string,
  args: readonly string[] = [],
  block?: readonly Directive[],
): Directive {
  return { name, args, block, at: undefined };
}

/**
 * The directives that stand at a path of block names: `directivesAt(config, 'http', 'upstream')` is every
 * `upstream` in every `http` block, in order.
 */
export function directivesAt(
  directives: readonly Directive[],
  ...path: readonly string[]
): readonly Directive[] {
  const [name, ...deeper] = path;
  const here = directives.filter((candidate) => candidate.name === name);
  return deeper.length === 0 ? here : here.flatMap(({ block }) => directivesAt(block ?? [], ...deeper));
}

/** Every directive of that name at any depth, in the order of the file. */
export function directivesNamed(directives: readonly Directive[], name: string): readonly Directive[] {
  return directives.flatMap((candidate) => [
    ...(candidate.name === name ? [candidate] : []),
    ...directivesNamed(candidate.block ?? [], name),
  ]);
}
