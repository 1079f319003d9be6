/**
 * HTML as data. Text becomes markup in one place only, `serialize`, which escapes all of it, so that no name from
 * outside can ever be more than text.
 */
export interface MarkupElement {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly Markup[];
}

export type Markup = MarkupElement | string;

/** `true` is an attribute without value; `undefined` and `false` leave it out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

type Child = Markup | undefined | readonly (Markup | undefined)[];

export function element(
  tag: string,
  attributes: Attributes = {},
  ...children: readonly Child[]
): MarkupElement {
  return { tag, attributes, children: children.flat().filter((child) => child !== undefined) };
}

/** HTML's elements without content, as far as they are used here. */
const voidTags = new Set(['br', 'link', 'meta']);

export function serialize(markup: Markup): string {
  const parts: string[] = [];
  append(markup, parts);
  return parts.join('');
}

function append(markup: Markup, parts: string[]): void {
  if (typeof markup === 'string') {
    parts.push(escaped(markup));
    return;
  }
  const { tag, attributes, children } = markup;
  parts.push('<', tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    parts.push(' ', name);
    if (value !== true) parts.push('="', escaped(String(value)), '"');
  }
  parts.push('>');
  if (voidTags.has(tag)) return;
  for (const child of children) append(child, parts);
  parts.push('</', tag, '>');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters that HTML forbids, and lone surrogates, which UTF-8 cannot hold, become `�`. */
function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000d-\u001f\u007f-\u009f\ufffe\uffff]|\p{Cs}/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
