import type { AbDisplay, AbFigures } from '../../model/ab-figures.js';
import { abHtml } from './html.js';
import { spreadHtml, spreadText } from './spread.js';
import { abText } from './text.js';

/**
 * What follows the last request on stdout: ab's report in its own words and columns, then the spread over the
 * backends when it was seen. Text from the network has lost its control characters.
 */
export function abReport(figures: AbFigures, display: AbDisplay): string {
  const { html } = display;
  const { spread } = figures;
  if (html === undefined) {
    return abText(figures, display) + (spread === undefined ? '' : spreadText(spread, display));
  }
  return abHtml(figures, display, html) + (spread === undefined ? '' : spreadHtml(spread, html, display));
}

/** The lines before everything else, and all of `-V`. As many as ab's, so that line counts hold. */
export function abBanner(version: string, html: boolean): string {
  const [first, second, third] = [
    `This is lbbench ab, Version ${version}`,
    'Takes the options and prints the report of ApacheBench 2.3',
    'Adds how the responses spread over the backends',
  ];
  return html
    ? `<p>\n ${first}<br>\n ${second}<br>\n ${third}<br>\n</p>\n<p>\n`
    : `${first}\n${second}\n${third}\n\n`;
}
