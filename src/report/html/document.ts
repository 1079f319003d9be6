import { createHash } from 'node:crypto';
import { element, type MarkupElement, serialize } from '../render/markup.js';
import { style } from './style.js';

/**
 * An HTML file that fetches nothing and runs nothing: its policy forbids scripts and all sources, and allows the one style
 * sheet by its hash.
 *
 * @param refreshSec how often whoever looks at it reads it anew; never unless told
 */
export function documentOf(title: string, body: MarkupElement, refreshSec?: number | undefined): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    refreshSec === undefined
      ? undefined
      : element('meta', { 'http-equiv': 'refresh', content: String(refreshSec) }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('meta', { name: 'referrer', content: 'no-referrer' }),
    element('title', {}, `${title} – lbbench`),
  );
  const page = serialize(element('html', { lang: 'en' }, head, body));
  // The sheet is ours and must not be escaped: its hash would no longer fit.
  const styled = page.replace('</head>', () => `<style>${style}</style></head>`);
  return `<!doctype html>\n${styled}\n`;
}
