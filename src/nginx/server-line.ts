import type { Parsed } from '../model/parsed.js';
import type { ServerLine } from '../model/upstream.js';
import { shown } from '../text/shown.js';
import { parseAddress } from './address.js';
import { parseSeconds } from './time.js';
import { formatWord, parseWords } from './words.js';

const hint = 'the parameters are weight=, max_conns=, max_fails=, fail_timeout=, backup and down';

/** Above any sensible weight, and low enough that sums and products of weights stay exact integers. */
const maxNumber = 1_000_000;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Reads the arguments of nginx's `server` directive word for word: `127.0.0.1:8001 weight=3 max_fails=3
 * fail_timeout=30s`. As in nginx a repeated parameter's last value counts. Fails on the first parameter that
 * the models here do not know (`slow_start=`, `resolve`, `route=`); `upstreamsOf` reads over those.
 */
export function parseServerLine(text: string): Parsed<ServerLine> {
  const words = parseWords(text);
  return words.ok ? serverLineOf(words.value) : words;
}

/** The same from a directive's arguments, as a configuration file's parser has them. */
export function serverLineOf(words: readonly string[]): Parsed<ServerLine> {
  const [server, ...parameters] = words;
  if (server === undefined) return { ok: false, message: 'expected a server address, got nothing' };
  const address = parseAddress(server);
  if (!address.ok) return address;
  const line: Mutable<ServerLine> = {
    server,
    address: address.value.canonical,
    weight: 1,
    maxFails: 1,
    failTimeoutSec: 10,
    maxConns: 0,
    backup: false,
    down: false,
  };
  for (const parameter of parameters) {
    const applied = apply(line, parameter);
    if (!applied.ok) return applied;
  }
  return { ok: true, value: line };
}

function apply(line: Mutable<ServerLine>, parameter: string): Parsed<unknown> {
  const equals = parameter.indexOf('=');
  const name = equals < 0 ? parameter : parameter.slice(0, equals + 1);
  const text = parameter.slice(name.length);
  switch (name) {
    case 'weight=':
      return assign(parseNumber(name, text, 1), (value) => (line.weight = value));
    case 'max_conns=':
      return assign(parseNumber(name, text, 0), (value) => (line.maxConns = value));
    case 'max_fails=':
      return assign(parseNumber(name, text, 0), (value) => (line.maxFails = value));
    case 'fail_timeout=':
      return assign(parseSeconds(text), (value) => (line.failTimeoutSec = value));
    case 'backup':
      line.backup = true;
      return { ok: true, value: true };
    case 'down':
      line.down = true;
      return { ok: true, value: true };
  }
  return {
    ok: false,
    message: `expected a parameter of the server directive, got ${shown(parameter)}`,
    hint,
  };
}

function parseNumber(name: string, text: string, minimum: number): Parsed<number> {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maxNumber) return { ok: true, value };
  return {
    ok: false,
    message: `expected ${name} to be an integer from ${minimum} to ${maxNumber}, got ${shown(text)}`,
  };
}

function assign<T>(parsed: Parsed<T>, set: (value: T) => unknown): Parsed<T> {
  if (parsed.ok) set(parsed.value);
  return parsed;
}

/** The words of a `server` directive's arguments; parameters at nginx's defaults are left out. */
export function serverLineWords(line: ServerLine): readonly string[] {
  const words = [line.server];
  if (line.weight !== 1) words.push(`weight=${line.weight}`);
  if (line.maxConns !== 0) words.push(`max_conns=${line.maxConns}`);
  if (line.maxFails !== 1) words.push(`max_fails=${line.maxFails}`);
  if (line.failTimeoutSec !== 10) words.push(`fail_timeout=${line.failTimeoutSec}s`);
  if (line.backup) words.push('backup');
  if (line.down) words.push('down');
  return words;
}

/** Writes the arguments of nginx's `server` directive; `parseServerLine` reads them back. */
export function formatServerLine(line: ServerLine): string {
  return serverLineWords(line).map(formatWord).join(' ');
}
