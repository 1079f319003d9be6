import { element, type Markup, type MarkupElement } from './markup.js';

/** A part of the page with a heading, which the navigation leads to. */
export function section(id: string, title: string, content: readonly (Markup | undefined)[]): MarkupElement {
  return element(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    content,
  );
}
