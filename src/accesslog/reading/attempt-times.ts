import { parseUpstreamList } from '../../nginx/upstream-variables.js';
import { microseconds } from '../scanner/numbers.js';

const comma = 0x2c;
const colon = 0x3a;

/** Whether a value of the upstream variables names more than one attempt. */
export function isList(buffer: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = buffer[i];
    if (byte === comma || byte === colon) return true;
  }
  return false;
}

/** Every attempt's item of a value, in the order of `$upstream_addr`; `undefined` for `-`. */
export function itemsOf(buffer: Uint8Array, start: number, end: number): (string | undefined)[] {
  return parseUpstreamList(Buffer.from(buffer.subarray(start, end)).toString('latin1')).flat();
}

/** Every attempt's time in microseconds. */
export function timesOf(buffer: Uint8Array, start: number, end: number): (number | undefined)[] {
  return itemsOf(buffer, start, end).map((item) => {
    if (item === undefined) return undefined;
    const bytes = Buffer.from(item, 'latin1');
    return microseconds(bytes, 0, bytes.length);
  });
}
