import { BlockList, isIP } from 'node:net';
import { LbbenchError } from '../model/fault.js';
import { shown } from '../text/shown.js';
import type { Place } from './store.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Where a fleet meets, as a user says it. */
export interface PlaceOptions {
  /** `undefined` when nobody said. */
  readonly url: string | undefined;
  /** PEM text. */
  readonly ca: string | undefined;
  readonly pool: string | undefined;
  readonly secret: string;
}

/** @throws LbbenchError when it is no Redis, or one that others reach and there is no secret */
export function placeOf({ url, ca, pool = 'default', secret }: PlaceOptions): Place {
  if (url === undefined || url === '') {
    throw LbbenchError.usage(
      '--redis',
      'expected the URL of a Redis or Valkey server, got none',
      'give --redis redis://HOST:6379, or set LBBENCH_REDIS',
    );
  }
  if (!/^[\w.-]{1,64}$/.test(pool)) {
    throw LbbenchError.usage(
      '--pool',
      `expected up to 64 letters, digits, ".", "_" or "-", got ${shown(pool)}`,
      'choose another name',
    );
  }
  if (!isLocal(url) && secret === '') {
    throw LbbenchError.usage(
      'LBBENCH_SECRET',
      'expected a secret for a Redis that other machines reach, got none',
      'set the same LBBENCH_SECRET for all: whoever can write to that Redis could have agents send load',
    );
  }
  return { url, ca, pool };
}

/** True for a server that only this machine reaches. */
function isLocal(url: string): boolean {
  if (url.startsWith('/')) return true;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw unreadable(url);
  }
  if (!['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') throw unreadable(url);
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  return host === 'localhost' || (family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4'));
}

function unreadable(url: string): LbbenchError {
  // It may hold a password.
  const shownText = shown(url.replace(/\/\/[^/]*@/, '//…@'));
  return LbbenchError.usage(
    '--redis',
    `expected redis://, rediss:// or the path of a socket, got ${shownText}`,
    'write it as redis://HOST:6379',
  );
}
