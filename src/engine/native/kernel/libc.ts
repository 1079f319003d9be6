import { getSystemErrorName } from 'node:util';

/** Constants of Linux's user interface that are the same on x86-64 and on ARM64. */
export const linux = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_STREAM: 1,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  SOL_IP: 0,
  SOL_SOCKET: 1,
  SOL_TCP: 6,
  SO_ERROR: 4,
  SO_TIMESTAMPNS: 35,
  TCP_NODELAY: 1,
  IP_BIND_ADDRESS_NO_PORT: 24,
  MSG_DONTWAIT: 0x40,
  MSG_WAITALL: 0x100,
  MSG_NOSIGNAL: 0x4000,
  MSG_MORE: 0x8000,
  CLOCK_REALTIME: 0,
  CLOCK_THREAD_CPUTIME_ID: 3,
  PR_SET_TIMERSLACK: 29,
  EPERM: 1,
  EINTR: 4,
  EAGAIN: 11,
  ENOSYS: 38,
  ENOBUFS: 105,
  EINPROGRESS: 115,
  ECANCELED: 125,
} as const;

/**
 * System calls of the C library that runs in this process. An address is a number: those of user space have 47 bits. They
 * answer -1 for an error, whose number `errno` then has; nothing here throws.
 */
export interface Libc {
  mmap(address: number, bytes: number, protection: number, flags: number, fd: number, offset: number): number;
  munmap(address: number, bytes: number): number;
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, bytes: number): number;
  connect(fd: number, address: Uint8Array, bytes: number): number;
  listen(fd: number, backlog: number): number;
  /** `accept4` without the peer's address. */
  accept(fd: number, flags: number): number;
  getsockname(fd: number, address: Uint8Array, bytes: Uint8Array): number;
  close(fd: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, bytes: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, bytes: Uint8Array): number;
  /** Reads from where `bytes` lies; only during the call. */
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  /** Writes to where `bytes` lies; only during the call. */
  recv(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  recvmsg(fd: number, message: number, flags: number): number;
  clockGettime(clock: number, time: number): number;
  prctl(option: number, value: number): number;
  epollCreate(flags: number): number;
  epollControl(epoll: number, operation: number, fd: number, event: number): number;
  /** @param timeoutMs whole milliseconds */
  epollWait(epoll: number, events: number, most: number, timeoutMs: number): number;
  /** `epoll_pwait2`, Linux 5.11. @param timeout address of a timespec */
  epollWaitPrecisely(epoll: number, events: number, most: number, timeout: number): number;
  ringSetup(entries: number, params: number): number;
  ringRegister(ring: number, operation: number, argument: number, count: number): number;
  /** @param argument address of a `io_uring_getevents_arg` */
  ringEnter(
    ring: number,
    submit: number,
    complete: number,
    flags: number,
    argument: number,
    bytes: number,
  ): number;
  errno(): number;
  /** An ArrayBuffer over memory that is not V8's. It must not be touched once that is unmapped. */
  view(address: number, bytes: number): ArrayBuffer;
}

/** What koffi is asked for; its own types say more than is needed here. */
interface Koffi {
  load(path: null): { func(prototype: string): (...values: never[]) => number };
  errno(): number;
  view(address: bigint, bytes: number): ArrayBuffer;
}

/** `io_uring_setup`, `_enter`, `_register` and `epoll_pwait2` have the same numbers on all architectures. */
const systemCall = { ringSetup: 425, ringEnter: 426, ringRegister: 427, epollWaitPrecisely: 441 } as const;

let loaded: Promise<Libc | string> | undefined;

/** The C library, by way of koffi; a text says why there is none. */
export function loadLibc(): Promise<Libc | string> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Libc | string> {
  if (process.platform !== 'linux') return `${process.platform} has neither io_uring nor epoll`;
  if (process.arch !== 'x64' && process.arch !== 'arm64') return `not tried on ${process.arch}`;
  try {
    const { default: koffi } = (await import('koffi')) as unknown as { readonly default: Koffi };
    return declare(koffi);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ERR_MODULE_NOT_FOUND' ? 'koffi is not installed' : 'koffi does not load here';
  }
}

function declare(koffi: Koffi): Libc {
  const library = koffi.load(null);
  // Only here are the prototypes taken for what they say.
  const func = <F>(prototype: string) => library.func(prototype) as unknown as F;
  const setup = func<(call: number, entries: number, params: number) => number>(
    'int64_t syscall(int64_t, int64_t, int64_t)',
  );
  const register = func<(call: number, ring: number, op: number, at: number, count: number) => number>(
    'int64_t syscall(int64_t, int64_t, int64_t, int64_t, int64_t)',
  );
  const six = func<
    (call: number, a: number, b: number, c: number, d: number, e: number, f: number) => number
  >('int64_t syscall(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)');
  const accept = func<(fd: number, address: number, bytes: number, flags: number) => number>(
    'int accept4(int, int64_t, int64_t, int)',
  );
  const prctl = func<(option: number, a: number, b: number, c: number, d: number) => number>(
    'int prctl(int, int64_t, int64_t, int64_t, int64_t)',
  );
  return {
    mmap: func('int64_t mmap(int64_t, int64_t, int, int, int, int64_t)'),
    munmap: func('int munmap(int64_t, int64_t)'),
    socket: func('int socket(int, int, int)'),
    bind: func('int bind(int, void *, uint32_t)'),
    connect: func('int connect(int, void *, uint32_t)'),
    listen: func('int listen(int, int)'),
    accept: (fd, flags) => accept(fd, 0, 0, flags),
    getsockname: func('int getsockname(int, void *, void *)'),
    close: func('int close(int)'),
    setsockopt: func('int setsockopt(int, int, int, void *, uint32_t)'),
    getsockopt: func('int getsockopt(int, int, int, void *, void *)'),
    send: func('int64_t send(int, void *, int64_t, int)'),
    recv: func('int64_t recv(int, void *, int64_t, int)'),
    recvmsg: func('int64_t recvmsg(int, int64_t, int)'),
    clockGettime: func('int clock_gettime(int, int64_t)'),
    prctl: (option, value) => prctl(option, value, 0, 0, 0),
    epollCreate: func('int epoll_create1(int)'),
    epollControl: func('int epoll_ctl(int, int, int, int64_t)'),
    epollWait: func('int epoll_wait(int, int64_t, int, int)'),
    epollWaitPrecisely: (epoll, events, most, timeout) =>
      six(systemCall.epollWaitPrecisely, epoll, events, most, timeout, 0, 0),
    ringSetup: (entries, params) => setup(systemCall.ringSetup, entries, params),
    ringRegister: (ring, operation, argument, count) =>
      register(systemCall.ringRegister, ring, operation, argument, count),
    ringEnter: (ring, submit, complete, flags, argument, bytes) =>
      six(systemCall.ringEnter, ring, submit, complete, flags, argument, bytes),
    errno: () => koffi.errno(),
    view: (address, bytes) => koffi.view(BigInt(address), bytes),
  };
}

/** `ECONNREFUSED` for 111. */
export function errorName(errno: number): string {
  return getSystemErrorName(-errno);
}
