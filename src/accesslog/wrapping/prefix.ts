const space = 0x20;
const quote = 0x22;
const colon = 0x3a;
const bracket = 0x5b;
const bar = 0x7c;
const escapeCode = 0x1b;

/** Names, of hosts and programs, are no longer. */
const maxNameBytes = 255;

/**
 * Where the line starts behind what containers and syslog put in front of it, one of them at a time; -1 when none of them
 * stands at `at`:
 *
 * - NUL bytes that a crash left, and colours of a terminal;
 * - CRI (`TIME stdout F `), `docker logs --timestamps`, `kubectl logs --timestamps` (`TIME `) and `--prefix` (`[pod/a/b] `);
 * - docker compose, foreman and their kin (`nginx-1  | `);
 * - syslog by RFC 3164 and RFC 5424, with and without priority, as nginx, rsyslog and journalctl write it.
 */
export function behindPrefix(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first === 0) return behindAll(bytes, at, (byte) => byte === 0);
  if (first === escapeCode) return behindColour(bytes, at);
  if (first === 0x3c) return behindPriority(bytes, at);
  if (first === bracket) return behindPod(bytes, at);
  const structured = behindStructured(bytes, at);
  if (structured >= 0) return structured;
  const time = behindTime(bytes, at);
  if (time < 0) return behindContainer(bytes, at);
  const container = behindStream(bytes, time);
  if (container >= 0) return container;
  const tag = behindTag(bytes, time);
  // Behind a time of syslog's there is always who says it.
  return tag >= 0 || !isDigit(first) ? tag : time;
}

/** `<190>` and what follows it. */
function behindPriority(bytes: Uint8Array, at: number): number {
  const digits = behindAll(bytes, at + 1, isDigit);
  if (digits === at + 1 || digits > at + 4 || bytes[digits] !== 0x3e) return -1;
  const header = digits + 1;
  const structured = behindStructured(bytes, header);
  if (structured >= 0) return structured;
  const time = behindTime(bytes, header);
  return behindTag(bytes, time < 0 ? header : time);
}

/** `1 TIME HOST APP PROCID MSGID [SD] `, without the mark of UTF-8 that may follow. */
function behindStructured(bytes: Uint8Array, at: number): number {
  let end = behind(bytes, at, '1 ');
  if (end < 0) return -1;
  end = bytes[end] === 0x2d ? behind(bytes, end, '- ') : behindTime(bytes, end);
  for (let field = 0; field < 4 && end >= 0; field++) end = behindWord(bytes, end);
  if (end < 0) return -1;
  if (bytes[end] === 0x2d) end += 1;
  else if (bytes[end] !== bracket) return -1;
  while (bytes[end] === bracket) {
    end = behindElement(bytes, end);
    if (end < 0) return -1;
  }
  if (bytes[end] !== space) return -1;
  const isMarked = bytes[end + 1] === 0xef && bytes[end + 2] === 0xbb && bytes[end + 3] === 0xbf;
  return isMarked ? end + 4 : end + 1;
}

/** `[id name="value"]`, whose values may hold brackets. */
function behindElement(bytes: Uint8Array, at: number): number {
  let isQuoted = false;
  for (let i = at + 1; ; i++) {
    const byte = bytes[i];
    if (byte === undefined || byte === 0x0a) return -1;
    if (isQuoted && byte === 0x5c) i++;
    else if (byte === quote) isQuoted = !isQuoted;
    else if (byte === 0x5d && !isQuoted) return i + 1;
  }
}

/** `host nginx[12]: ` or `nginx: `. */
function behindTag(bytes: Uint8Array, at: number): number {
  const first = behindWord(bytes, at);
  if (first < 0 || bytes[first - 2] === colon) return first;
  const second = behindWord(bytes, first);
  return second >= 0 && bytes[second - 2] === colon ? second : -1;
}

/** `stdout F `; the pieces of lines too long for a runtime (`P`) are no lines, see `behindPiece`. */
function behindStream(bytes: Uint8Array, at: number): number {
  const stdout = behind(bytes, at, 'stdout ');
  return behind(bytes, stdout < 0 ? behind(bytes, at, 'stderr ') : stdout, 'F ');
}

/** A piece of a line, as a container's runtime marks it: of which stream, whether it is the last, and where it starts. */
export function behindPiece(
  bytes: Uint8Array,
  at: number,
): { readonly stream: string; readonly isLast: boolean; readonly start: number } | undefined {
  const time = isDigit(bytes[at] as number) ? behindTime(bytes, at) : -1;
  if (time < 0) return undefined;
  const stdout = behind(bytes, time, 'stdout ');
  const mark = stdout < 0 ? behind(bytes, time, 'stderr ') : stdout;
  if (mark < 0 || bytes[mark + 1] !== space) return undefined;
  const isLast = bytes[mark] === 0x46;
  if (!isLast && bytes[mark] !== 0x50) return undefined;
  return { stream: stdout < 0 ? 'stderr' : 'stdout', isLast, start: mark + 2 };
}

/** `[pod/name/container] ` */
function behindPod(bytes: Uint8Array, at: number): number {
  const end = behindWord(bytes, behind(bytes, at, '[pod/'));
  return end >= 0 && bytes[end - 2] === 0x5d ? end : -1;
}

/** `nginx-1  | `, perhaps behind a time of day, in any colours. */
function behindContainer(bytes: Uint8Array, at: number): number {
  const time = behind(bytes, at, '00:00:00 ');
  const name = time < 0 ? at : time;
  const end = behindAll(bytes, name, isOfContainer);
  const line = behindAll(bytes, end, (byte) => byte === space);
  if (end === name || end - name > maxNameBytes || bytes[line] !== bar) return -1;
  const colour = behindColour(bytes, line + 1);
  const separator = colour < 0 ? line + 1 : colour;
  return bytes[separator] === space ? separator + 1 : -1;
}

/** `ESC[36m`, and others that follow it at once. */
function behindColour(bytes: Uint8Array, at: number): number {
  let end = -1;
  for (let from = at; bytes[from] === escapeCode && bytes[from + 1] === bracket; from = end) {
    const codes = behindAll(bytes, from + 2, (byte) => isDigit(byte) || byte === 0x3b);
    if (bytes[codes] !== 0x6d) break;
    end = codes + 1;
  }
  return end;
}

/** A time and the space behind it: `2026-11-22T10:00:00.5Z`, `Nov 22 10:00:00`, `Sun 2026-11-22 10:00:00 UTC`. */
function behindTime(bytes: Uint8Array, at: number): number {
  if (isDigit(bytes[at] as number)) return behind(bytes, behindIso(bytes, at), ' ');
  const weekday = behind(bytes, at, 'Aaa ');
  if (weekday < 0) return -1;
  if (isDigit(bytes[weekday] as number) && isDigit(bytes[weekday + 2] as number))
    return behindWord(bytes, behind(bytes, behindIso(bytes, weekday), ' '));
  const day = bytes[weekday] === space ? behind(bytes, weekday, ' 0 ') : behind(bytes, weekday, '00 ');
  const time = behind(bytes, day, '00:00:00');
  return time < 0 ? -1 : behind(bytes, behindFraction(bytes, time), ' ');
}

function behindIso(bytes: Uint8Array, at: number): number {
  const date = behind(bytes, at, '0000-00-00');
  if (date < 0 || (bytes[date] !== 0x54 && bytes[date] !== space)) return -1;
  const time = behind(bytes, date + 1, '00:00:00');
  if (time < 0) return -1;
  const end = behindFraction(bytes, time);
  if (bytes[end] === 0x5a) return end + 1;
  if (bytes[end] !== 0x2b && bytes[end] !== 0x2d) return end;
  const zone = behind(bytes, end + 1, '00:00');
  return zone < 0 ? behind(bytes, end + 1, '0000') : zone;
}

function behindFraction(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x2e && bytes[at] !== 0x2c) return at;
  return behindAll(bytes, at + 1, isDigit);
}

/** Bytes without a space, and one space. */
function behindWord(bytes: Uint8Array, at: number): number {
  if (at < 0) return -1;
  const end = behindAll(bytes, at, isVisible);
  return end === at || end - at > maxNameBytes || bytes[end] !== space ? -1 : end + 1;
}

/** Where what looks like `template` ends: `0` stands for a digit, `A` and `a` for letters, all else for itself. */
function behind(bytes: Uint8Array, at: number, template: string): number {
  if (at < 0) return -1;
  for (let i = 0; i < template.length; i++) {
    const byte = bytes[at + i] as number;
    const code = template.charCodeAt(i);
    const fits =
      code === 0x30
        ? isDigit(byte)
        : code === 0x41
          ? byte >= 0x41 && byte <= 0x5a
          : code === 0x61
            ? byte >= 0x61 && byte <= 0x7a
            : byte === code;
    if (!fits) return -1;
  }
  return at + template.length;
}

function behindAll(bytes: Uint8Array, at: number, has: (byte: number) => boolean): number {
  let end = at;
  while (has(bytes[end] as number)) end++;
  return end;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isVisible(byte: number): boolean {
  return byte > space && byte !== quote && byte !== 0x7f;
}

/** Letters, digits, and what else stands in names of containers, services and nodes. */
function isOfContainer(byte: number): boolean {
  const lower = byte | 0x20;
  return (
    isDigit(byte) ||
    (lower >= 0x61 && lower <= 0x7a) ||
    (byte >= 0x2d && byte <= 0x2f) ||
    byte === 0x5f ||
    byte === 0x40
  );
}
