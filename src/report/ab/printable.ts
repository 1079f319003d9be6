/**
 * Text from the network without the characters that could steer a terminal or forge lines:
 * C0 and C1 controls, DEL, line and paragraph separators, and the bidirectional overrides.
 */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '');
}

/** `printable` text for the inside of an HTML element. */
export function escapedHtml(text: string): string {
  return printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The Server header as ab shows it: up to the first blank or control character. */
export function firstWord(server: string | undefined): string {
  return printable((server ?? '').split(/[\u0000-\u0020]/, 1)[0] ?? '');
}
