import { posix } from 'node:path';
import type { Fault } from '../../model/fault.js';
import { globMatcher, isPattern } from '../../text/glob.js';
import { sanitize } from '../../text/sanitize.js';
import { shown } from '../../text/shown.js';
import type { Checked } from './checked.js';
import type { Directive } from './directive.js';
import type { ConfigFiles } from './files.js';
import { type OnComment, parseConfig } from './parse.js';

/** A tower of includes beyond this is a mistake; nginx itself would run out of open files. */
const maxIncludeDepth = 32;
/** Bounds what a few files that include each other many times can cost. */
const maxFiles = 10_000;
const maxCharacters = 64 * 1024 * 1024;

/**
 * Reads an nginx configuration with everything it includes. Each `include` is replaced by the directives of its
 * files, as nginx does it: paths are relative to the directory of the main file, whichever file includes them;
 * patterns take their matches in byte order, and may match nothing; a plain path must exist. The faults of all
 * files are collected.
 */
export function readConfig(
  path: string,
  files: ConfigFiles,
  onComment?: OnComment,
): Checked<readonly Directive[]> {
  const reader = new Reader(posix.dirname(path), files, onComment);
  const directives = reader.file(path, [], { path: undefined });
  return reader.faults.length === 0 ? { ok: true, value: directives } : { ok: false, faults: reader.faults };
}

class Reader {
  readonly faults: Fault[] = [];
  private filesRead = 0;
  private charactersRead = 0;

  constructor(
    private readonly prefix: string,
    private readonly files: ConfigFiles,
    private readonly onComment: OnComment | undefined,
  ) {}

  file(path: string, including: readonly string[], includedAt: Partial<Fault>): readonly Directive[] {
    this.filesRead += 1;
    if (including.includes(path))
      return this.fault(includedAt, `expected no cycle of includes, got ${shown(path)} again`);
    if (including.length > maxIncludeDepth || this.filesRead > maxFiles) {
      return this.fault(
        includedAt,
        `expected fewer includes, got more than ${maxFiles} or deeper than ${maxIncludeDepth}`,
      );
    }
    let text: string;
    try {
      text = this.files.read(path);
    } catch (error) {
      return this.fault(
        includedAt,
        `expected a readable file, got ${shown(path)}: ${sanitize(reasonOf(error), 200)}`,
        including.length === 0
          ? undefined
          : 'an include names it; nginx -T prints a configuration with all its files where they are',
      );
    }
    this.charactersRead += text.length;
    if (this.charactersRead > maxCharacters) {
      return this.fault(includedAt, `expected at most ${maxCharacters} characters in all files, got more`);
    }
    const parsed = parseConfig(text, path, this.onComment);
    if (parsed.ok) return this.expand(parsed.value, [...including, path]);
    this.faults.push(...parsed.faults);
    return [];
  }

  private expand(directives: readonly Directive[], including: readonly string[]): readonly Directive[] {
    return directives.flatMap((directive) => {
      if (directive.name === 'include' && directive.block === undefined)
        return this.include(directive, including);
      if (directive.block === undefined) return [directive];
      return [{ ...directive, block: this.expand(directive.block, including) }];
    });
  }

  private include({ args, at }: Directive, including: readonly string[]): readonly Directive[] {
    const [argument, ...rest] = args;
    if (argument === undefined || rest.length > 0) {
      return this.fault({ ...at }, `expected one file or pattern after include, got ${args.length}`);
    }
    const path = posix.isAbsolute(argument) ? argument : posix.join(this.prefix, argument);
    const paths = isPattern(path) ? this.glob(path) : [path];
    return paths.flatMap((found) => this.file(found, including, { ...at }));
  }

  private glob(pattern: string): readonly string[] {
    let found = [pattern.startsWith('/') ? '/' : '.'];
    const components = pattern.split('/').filter((component) => component !== '');
    for (const component of components) {
      if (!isPattern(component)) found = found.map((directory) => posix.join(directory, component));
      else found = found.flatMap((directory) => this.names(directory, component));
    }
    // A pattern with a plain tail (`*/vhost.conf`) matches only what exists.
    return isPattern(components.at(-1) ?? '') ? found : found.filter((path) => this.exists(path));
  }

  private names(directory: string, component: string): readonly string[] {
    let names: readonly string[];
    try {
      names = this.files.list(directory);
    } catch {
      return [];
    }
    const matches = globMatcher(component);
    return names
      .filter(matches)
      .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
      .map((name) => posix.join(directory, name));
  }

  private exists(path: string): boolean {
    return this.names(posix.dirname(path), posix.basename(path)).length > 0;
  }

  private fault(at: Partial<Fault>, message: string, hint?: string | undefined): readonly Directive[] {
    this.faults.push({ ...at, message, hint });
    return [];
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
