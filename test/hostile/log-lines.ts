import { randomUint32 } from '../../src/engine/counter-random.js';
import type { EscapeMode } from '../../src/nginx/log-format.js';
import { nginxEscape } from '../accesslog/nginx-escape.js';

/** Draws that a seed fixes. */
export class Draws {
  #drawn = 0;

  constructor(
    private readonly seed: number,
    private readonly round: number,
  ) {}

  below(limit: number): number {
    return randomUint32(this.seed, this.round, this.#drawn++) % limit;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  isOneIn(many: number): boolean {
    return this.below(many) === 0;
  }
}

/** Backends are of 10.0.0.0/8 and of sockets; nothing else in a line that was not damaged names any of them. */
const backends = ['10.0.0.1:80', '10.0.0.2:8080', '10.1.2.3:9000', '[fd00::1]:80', 'unix:/run/app/a.sock'];
/** What looks like a backend, in fields that do not tell it. */
const decoys = ['172.16.0.1:80', '192.168.7.7:443', '[2001:db8::1]:80', 'unix:/tmp/decoy.sock'];

const texts = [
  '-',
  '',
  'curl/8.5.0',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  'a "quoted" \\ back\\slash',
  ' leading and trailing ',
  'to: 172.16.0.1:80',
  '" 200 172.16.0.1:80, 192.168.7.7:443 "',
  '{"upstream_addr":"172.16.0.1:80","log":"x"}',
  'tab\there',
  '] [x] "',
  'é漢字 💥',
  '2026-11-22T10:00:00Z stdout F 172.16.0.1:80',
  'nginx-1  | <190>Nov 22 10:00:00 web-1 nginx: ',
  'x'.repeat(300),
];

/** The variables of a random format, and what each may say. `upstream_addr` is what it is all about. */
const values: Readonly<Record<string, (draws: Draws) => string>> = {
  remote_addr: (draws) => `172.16.${draws.below(256)}.${draws.below(256)}`,
  remote_port: (draws) => String(1024 + draws.below(60_000)),
  remote_user: (draws) => draws.of(['-', 'bob', 'a b', '172.16.0.1:80']),
  time_local: (draws) => `22/Nov/2026:10:0${draws.below(10)}:0${draws.below(10)} +0000`,
  time_iso8601: (draws) => `2026-11-22T10:0${draws.below(10)}:0${draws.below(10)}+00:00`,
  msec: (draws) => `17953416${10 + draws.below(90)}.${100 + draws.below(900)}`,
  request: (draws) =>
    `${draws.of(['GET', 'POST'])} /${draws.of(['', 'chat?q=a b', 'to:%20x', '10/0'])} HTTP/1.1`,
  status: (draws) => draws.of(['200', '200', '200', '404', '502', '499']),
  body_bytes_sent: (draws) => String(draws.below(100_000)),
  request_time: (draws) => `${draws.below(3)}.${100 + draws.below(900)}`,
  http_referer: (draws) => draws.of(texts),
  http_user_agent: (draws) => draws.of(texts),
  http_x_forwarded_for: (draws) => draws.of(['-', draws.of(decoys), '172.16.0.9, 172.16.0.8']),
  host: (draws) => draws.of(['example.org', 'example.org:8080', '172.16.0.1']),
  request_id: (draws) =>
    draws
      .below(2 ** 32)
      .toString(16)
      .padStart(32, '0'),
};
const names = Object.keys(values);

/** A format as `log_format` has it, between its variables what people write there. */
export interface RandomFormat {
  readonly text: string;
  readonly mode: EscapeMode;
  readonly variables: readonly string[];
  readonly pieces: readonly string[];
}

export function randomFormat(draws: Draws): RandomFormat {
  const some = names.filter(() => draws.isOneIn(2));
  const told = ['upstream_addr', ...(draws.isOneIn(2) ? ['upstream_status', 'upstream_response_time'] : [])];
  const variables = some.flatMap((name) => (draws.isOneIn(3) ? [...told.splice(0, 1), name] : [name]));
  variables.push(...told);
  const style = draws.of(['quoted', 'quoted', 'bare', 'tabs', 'json', 'logfmt'] as const);
  const mode = style === 'json' ? 'json' : 'default';
  const around = variables.map((name): readonly [string, string] => {
    if (style === 'json') return [`"${name}":"`, '"'];
    if (style === 'logfmt') return [`${name}="`, '"'];
    if (style === 'tabs') return ['', ''];
    const isWide = /^(request|http_|time_local|remote_user)/.test(name) && style === 'quoted';
    return isWide || draws.isOneIn(3)
      ? draws.of([['"', '"'] as const, ['[', ']'] as const, ['"', '"'] as const])
      : ['', ''];
  });
  const between =
    style === 'json'
      ? ','
      : style === 'tabs'
        ? '\t'
        : style === 'quoted'
          ? draws.of([' ', ' - ', ' | '])
          : ' ';
  const [first, last] = style === 'json' ? ['{', '}'] : ['', ''];
  const pieces = variables.map((_, index) => {
    const before = index === 0 ? first : (around[index - 1]?.[1] ?? '') + between;
    return before + (around[index]?.[0] ?? '');
  });
  pieces.push((around.at(-1)?.[1] ?? '') + last);
  const text = variables.map((name, index) => `${pieces[index]}$${name}`).join('') + pieces.at(-1);
  return { text, mode, variables, pieces };
}

/** A line, and the attempts that it names. */
export interface RandomLine {
  readonly text: string;
  readonly attempts: readonly string[];
}

export function randomLine({ variables, pieces, mode }: RandomFormat, draws: Draws): RandomLine {
  const attempts = draws.isOneIn(8)
    ? []
    : Array.from({ length: draws.isOneIn(5) ? 3 : 1 }, () => draws.of(backends));
  const separator = draws.isOneIn(6) ? ' : ' : ', ';
  const list = (of: () => string) => (attempts.length === 0 ? '-' : attempts.map(of).join(separator));
  const textOf = (name: string): string => {
    if (name === 'upstream_addr') return attempts.length === 0 ? '-' : attempts.join(separator);
    if (name === 'upstream_status') return list(() => draws.of(['200', '502', '504']));
    if (name === 'upstream_response_time') return list(() => draws.of(['0.001', '1.250', '-']));
    return values[name]?.(draws) ?? '';
  };
  const written = variables.map((name) => {
    const value = Buffer.from(textOf(name));
    // nginx writes a dash for what is empty.
    return value.length === 0 && mode === 'default' ? '-' : nginxEscape(value, mode).toString('latin1');
  });
  return { text: written.map((value, index) => pieces[index] + value).join('') + pieces.at(-1), attempts };
}

const stamp = '2026-11-22T10:00:00.689166775Z';

/** What containers, shippers and syslog make of a line; some make several of it. */
export const wrappings: readonly ((text: string, draws: Draws) => readonly string[])[] = [
  (text) => [text],
  (text) => [text],
  (text) => [`${stamp} stdout F ${text}`],
  (text, draws) => {
    const at = 1 + draws.below(Math.max(1, text.length - 1));
    return [`${stamp} stdout P ${text.slice(0, at)}`, `${stamp} stdout F ${text.slice(at)}`];
  },
  (text) => [`nginx-1  | ${text}`],
  (text) => [`\x1b[36mnginx-1  | \x1b[0m${text}`],
  (text) => [JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: stamp })],
  (text) => [JSON.stringify({ '@timestamp': stamp, message: text, host: { name: 'web-1' } })],
  (text) => [`<190>Nov 22 10:00:00 web-1 nginx: ${text}`],
  (text) => [`Nov 22 10:00:00 web-1 nginx[812]: ${text}`],
  (text) => [`<190>1 ${stamp} web-1 nginx 812 - - ${text}`],
];

/** The line as a crash, a full disk or a careless editor leaves it. */
export function damaged(text: string, draws: Draws): string {
  const at = draws.below(text.length + 1);
  const to = at + draws.below(20);
  switch (draws.below(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(to);
    case 3:
      return text.slice(0, at) + draws.of(texts) + text.slice(at);
    default:
      return text.slice(0, at) + String.fromCharCode(draws.below(256)) + text.slice(at + 1);
  }
}
