import { parseSeconds } from '../nginx/time.js';
import { type Configuration, type Place, placeName } from './configuration.js';
import { lineOf, type Remark, type Rule } from './rule.js';
import type { Scope } from './scope.js';
import { streamWitness } from './stream-places.js';

/** nginx's default, in seconds. */
const defaultReadTimeoutSec = 60;

type Check = (place: Place, witness: string, configuration: Configuration) => Omit<Remark, 'at'> | undefined;

/** A rule about the places that pass streams; it points at their `proxy_pass`. */
function overStreams(check: Check): Rule['check'] {
  return (configuration) =>
    configuration.places.flatMap((place) => {
      const witness = streamWitness(place, 'stream');
      const found =
        witness === undefined
          ? undefined
          : check(place, `${placeName(place)} seems to pass streams (${witness})`, configuration);
      return found === undefined ? [] : [{ at: place.pass, ...found }];
    });
}

function isBuffered(scope: Scope): boolean {
  return scope.setting('proxy_buffering') !== 'off';
}

function isCompressed(scope: Scope): boolean {
  return (
    scope.setting('gzip') === 'on' &&
    scope.inForce('gzip_types').some(({ args }) => args.includes('*') || args.includes('text/event-stream'))
  );
}

/** HTTP/1.0 to the servers, whose answers say neither their length nor where a piece of them ends. */
function isOldHttp(scope: Scope, { keepsByDefault }: Configuration): boolean {
  const version = scope.setting('proxy_http_version');
  return version === undefined ? !keepsByDefault : version === '1.0';
}

function hasTls(scope: Scope): boolean {
  const server = scope.enclosing('server');
  return (
    server?.named('listen').some(({ args }) => args.includes('ssl')) === true ||
    server?.setting('ssl') === 'on'
  );
}

const unbuffered = [lineOf('proxy_buffering', 'off')];

function buffered({ scope }: Place, place: string, configuration: Configuration) {
  if (!isBuffered(scope) || isCompressed(scope) || !isOldHttp(scope, configuration)) return undefined;
  const said = scope.setting('proxy_http_version') === undefined ? ', as by default before nginx 1.29.7' : '';
  return {
    what: `${place} and buffers what servers send by HTTP/1.0${said}`,
    why: 'Of an answer by HTTP/1.0 nginx passes on whole buffers of 4 kB, so unless the server sends X-Accel-Buffering: no, a token waits for dozens of others.',
    fix: unbuffered,
  };
}

function bufferedByTls({ scope }: Place, place: string, configuration: Configuration) {
  if (!isBuffered(scope) || isCompressed(scope) || isOldHttp(scope, configuration) || !hasTls(scope))
    return undefined;
  return {
    what: `${place} over TLS and buffers them`,
    why: 'To a client of HTTP/1.1 over TLS nginx sends what fills 16 kB, so unless the server sends X-Accel-Buffering: no, a token waits for dozens of others.',
    fix: unbuffered,
  };
}

function compressed({ scope }: Place, place: string) {
  if (!isCompressed(scope) || !isBuffered(scope)) return undefined;
  return {
    what: `${place}, buffers them, and gzip_types lets them be compressed`,
    why: 'gzip keeps what it has not filled a block with, so a client that takes gzip, as most HTTP libraries do, gets the events of a stream in lumps or all at the end.',
    fix: unbuffered,
  };
}

function cut({ scope }: Place, place: string) {
  const text = scope.setting('proxy_read_timeout');
  const seconds = text === undefined ? defaultReadTimeoutSec : secondsOf(text);
  if (seconds === undefined || seconds > defaultReadTimeoutSec) return undefined;
  return {
    what: `${place} and gives up after ${text ?? `${defaultReadTimeoutSec}s, the default,`} without a byte`,
    why: 'A request that waits longer for its first token, or between two, is cut off; if its head had not come yet, the server is counted as failed too, and max_fails takes it out while it works.',
    fix: [lineOf('proxy_read_timeout', '600s')],
  };
}

/** proxy_read_timeout takes milliseconds too, which are below any bound here. */
function secondsOf(text: string): number | undefined {
  if (/^\d+ms$/.test(text)) return Number.parseInt(text, 10) / 1000;
  const seconds = parseSeconds(text);
  return seconds.ok ? seconds.value : undefined;
}

/** What breaks the streams of LLM services. */
export const streamRules: readonly Rule[] = [
  {
    id: 'stream-buffered',
    severity: 'warning',
    meaning: 'the events of a stream wait in a buffer and arrive in lumps',
    check: overStreams(buffered),
  },
  {
    id: 'stream-buffered-by-tls',
    severity: 'warning',
    meaning: 'the events of a stream wait for a whole TLS record and arrive in lumps',
    check: overStreams(bufferedByTls),
  },
  {
    id: 'stream-compressed',
    severity: 'warning',
    meaning: 'gzip holds the events of a stream back',
    check: overStreams(compressed),
  },
  {
    id: 'stream-cut',
    severity: 'note',
    meaning: 'a stream that is silent for a minute is cut, and its server may be counted as failed',
    check: overStreams(cut),
  },
];
