// Runs a command of Node with io_uring refused, as containers do: node without-io-uring.mjs bin/lbbench.js run …
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import koffi from 'koffi';

const [ioUringSetup, EPERM] = [425, 1];
const libc = koffi.load(null);
const mmap = libc.func('int64_t mmap(int64_t, int64_t, int, int, int, int64_t)');
const prctl = libc.func('int prctl(int, int64_t, int64_t, int64_t, int64_t)');

/** A classic BPF instruction: code, jumps, operand. */
const instructions = [
  [0x20, 0, 0, 0], // load the system call's number
  [0x15, 0, 1, ioUringSetup], // another one: skip the next
  [0x06, 0, 0, 0x00050000 | EPERM], // refuse it
  [0x06, 0, 0, 0x7fff0000], // allow it
];
const address = mmap(0, 4096, 3, 0x22, -1, 0);
const memory = new DataView(koffi.view(BigInt(address), 4096));
instructions.forEach(([code, jumpTrue, jumpFalse, operand], i) => {
  memory.setUint16(i * 8, code, true);
  memory.setUint8(i * 8 + 2, jumpTrue);
  memory.setUint8(i * 8 + 3, jumpFalse);
  memory.setUint32(i * 8 + 4, operand, true);
});
// struct sock_fprog
memory.setUint16(64, instructions.length, true);
memory.setBigUint64(72, BigInt(address), true);
const [noNewPrivileges, setSeccomp, filterMode] = [38, 22, 2];
if (prctl(noNewPrivileges, 1, 0, 0, 0) < 0 || prctl(setSeccomp, filterMode, address + 64, 0, 0) < 0)
  throw new Error(`seccomp: errno ${koffi.errno()}`);

process.argv.splice(1, 1);
process.argv[1] = resolve(process.argv[1] ?? '');
await import(pathToFileURL(process.argv[1]).href);
