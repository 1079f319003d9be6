import { parseRequestTarget } from '../../nginx/target.js';

const space = 0x20;
const percent = 0x25;
const dot = 0x2e;
const slash = 0x2f;
const del = 0x7f;

/** Whether nginx answers 400 to a request target, and so never balances it. One character a byte. */
export function isRefusedTarget(target: string): boolean {
  let isPlain = target.charCodeAt(0) === slash;
  for (let at = 0; at < target.length; at += 1) {
    const byte = target.charCodeAt(at);
    if (byte <= space || byte === del) return true;
    // Only escapes and dots can make a path that starts with a slash wrong.
    if (byte === percent || byte === dot) isPlain = false;
  }
  return !isPlain && parseRequestTarget(target) === undefined;
}
