import type { Parsed } from '../model/parsed.js';
import { shown } from '../text/shown.js';
import { parseTemplate } from './template.js';

/** The `escape=` parameter of nginx's `log_format`. */
export type EscapeMode = 'default' | 'json' | 'none';

export const escapeModes: readonly EscapeMode[] = ['default', 'json', 'none'];

/**
 * A `log_format` compiled to literals and variables that take turns: `literals[0] variables[0] literals[1] …
 * variables[n - 1] literals[n]`. Only the first and the last literal may be empty. Survives a structured clone.
 */
export interface LogFormat {
  /** The format's text, as after nginx has resolved quotes. */
  readonly text: string;
  readonly escape: EscapeMode;
  readonly literals: readonly Uint8Array[];
  /** Names without `$` or what else marks them; nginx's in lower case. */
  readonly variables: readonly string[];
  /** Of lines that are JSON objects: where in them each variable stands. The literals say nothing then. */
  readonly object?: ObjectLayout;
  /** The balancer in whose words the format is; nginx where none is named. */
  readonly dialect?: string;
}

/** Where variables stand in lines that are JSON objects, whichever of them are there, in whatever order. */
export interface ObjectLayout {
  /** By variable, the names of the members on the way to it. */
  readonly paths: readonly (readonly string[])[];
  /** Of each of these sets of variables, by their indexes, a line has one at least; else it is no request. */
  readonly needed: readonly (readonly number[])[];
  /** The text around the values of the first variables in most lines, one more than these; other lines are read member by member. */
  readonly frame?: readonly Uint8Array[] | undefined;
}

/**
 * The format of lines that are JSON objects.
 *
 * @param members by variable, the path of its member with dots between names
 * @param needed sets of variables of which a line must have one each
 */
export function objectFormat(
  members: Readonly<Record<string, string | readonly string[]>>,
  needed: readonly (readonly string[])[],
  { dialect, frame }: { readonly dialect?: string; readonly frame?: ObjectLayout['frame'] } = {},
): LogFormat {
  const variables = Object.keys(members);
  const paths = Object.values(members).map((path) => (typeof path === 'string' ? path.split('.') : path));
  const texts = variables.map((name, index) => `"${paths[index]?.join('.')}":"$${name}"`);
  return {
    text: `{${texts.join(',')}}`,
    escape: 'json',
    literals: [...variables.map(() => new Uint8Array()), Buffer.from('}')],
    variables,
    object: {
      paths,
      needed: needed.map((names) =>
        names.map((name) => variables.indexOf(name)).filter((index) => index >= 0),
      ),
      frame,
    },
    ...(dialect === undefined ? {} : { dialect }),
  };
}

/**
 * Compiles the text of a `log_format`. Fails where a line could never be taken apart again: no variable, or two
 * variables with nothing between them.
 */
export function compileLogFormat(text: string, mode: EscapeMode = 'default'): Parsed<LogFormat> {
  const template = parseTemplate(text);
  if (!template.ok) return template;
  const literals: Uint8Array[] = [];
  const variables: string[] = [];
  let literal: Uint8Array | undefined;
  for (const part of template.value) {
    if (part.kind === 'literal') {
      literal = Buffer.from(part.text);
      continue;
    }
    const previous = variables.at(-1);
    if (literal === undefined && previous !== undefined) {
      return {
        ok: false,
        message: `expected some text between ${shown(`$${previous}`)} and ${shown(`$${part.name}`)}, got nothing: where one ends and the other begins cannot be told`,
        hint: 'put a space, quotes or a tab between them in log_format',
        offset: part.offset,
      };
    }
    literals.push(literal ?? new Uint8Array());
    literal = undefined;
    // nginx looks names up in lower case.
    variables.push(part.name.toLowerCase());
  }
  if (variables.length === 0) {
    return {
      ok: false,
      message: `expected a log_format with variables, got ${shown(text)}`,
      hint: 'give the text of log_format, for example \'$remote_addr [$time_local] "$request" $status to: $upstream_addr\'',
    };
  }
  literals.push(literal ?? new Uint8Array());
  return { ok: true, value: { text, escape: mode, literals, variables } };
}

/** What a log must carry so that a run can be attributed by it: `$http_user_agent and $upstream_addr`, or what of it lacks. */
export function missingForAttribution({ variables }: Pick<LogFormat, 'variables'>): string | undefined {
  const missing = ['http_user_agent', 'upstream_addr'].filter((name) => !variables.includes(name));
  return missing.length === 0 ? undefined : missing.map((name) => `$${name}`).join(' and ');
}

/** What to do about it. */
export const attributionFormatHint =
  'use a log_format with $http_user_agent, by which lbbench marks its requests, and $upstream_addr, for example combined with to: $upstream_addr behind it';
