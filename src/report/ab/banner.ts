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
