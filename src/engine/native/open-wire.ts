import { LbbenchError } from '../../model/fault.js';
import type { LoadPlan, Target, WireChoice, WireName } from '../../model/plan.js';
import type { WireUse } from '../load-job.js';
import { Endpoints } from './kernel/endpoints.js';
import { EpollWire } from './kernel/epoll-wire.js';
import type { KernelWire } from './kernel/kernel-wire.js';
import { type Libc, linux, loadLibc } from './kernel/libc.js';
import { NoRing } from './kernel/ring.js';
import { UringWire } from './kernel/uring-wire.js';
import { NodeWire } from './node-wire.js';
import type { Wire } from './wire.js';

export interface OpenedWire {
  readonly wire: Wire;
  readonly use: WireUse;
}

/** Whether a wire that blocks its thread may be chosen, so that it must be one of its own. */
export function mayBlock(choice: WireChoice, target: Target): boolean {
  return choice !== 'node' && target.tls === undefined && process.platform === 'linux';
}

/**
 * The wire that was asked for, or the best there is.
 *
 * @param address IP address of the target
 * @throws LbbenchError when the one that was asked for is not to be had
 */
export async function openWire(target: Target, load: LoadPlan, address: string): Promise<OpenedWire> {
  const choice = load.wire ?? 'auto';
  const { sourceAddresses } = load;
  /** Why not a better one; which wire alone a reason keeps away, if it is one. */
  const reasons = new Map<string, WireName | undefined>();
  const why = () =>
    reasons.size === 0
      ? undefined
      : [...reasons].map(([reason, of]) => (of === 'uring' ? `io_uring: ${reason}` : reason)).join('; ');
  const refuse = (name: WireName, reason: string) => {
    if (choice === name) {
      throw new LbbenchError('usage', [
        {
          path: 'load.wire',
          message: `expected a wire that can be had here, got ${name} (${reason})`,
          hint: 'leave it out, or ask for auto, and the best there is will be used',
        },
      ]);
    }
    reasons.set(reason, reasons.has(reason) ? undefined : name);
  };
  for (const name of kernelWires) {
    if (choice !== 'auto' && choice !== name) continue;
    const opened = await openKernelWire(name, target, load, address);
    if (typeof opened !== 'string') {
      const { clock } = opened;
      if (choice === 'epoll') reasons.set('asked for', undefined);
      if (clock === undefined) reasons.set('a unix socket does not say when something came', undefined);
      const use = {
        name,
        clock: clock === undefined ? 'process' : 'kernel',
        why: why(),
      } as const;
      return { wire: opened, use };
    }
    refuse(name, opened);
  }
  if (choice === 'node') reasons.set('asked for', undefined);
  const use = { name: 'node', clock: 'process', why: why() } as const;
  return { wire: new NodeWire(target, address, sourceAddresses), use };
}

const kernelWires = ['uring', 'epoll'] as const;

/** A text says why there is none. */
export async function openKernelWire(
  name: (typeof kernelWires)[number],
  target: Target,
  { sourceAddresses, concurrency }: LoadPlan,
  address: string,
): Promise<KernelWire | string> {
  const refusal = Endpoints.refusal(target, address, sourceAddresses);
  if (refusal !== undefined) return refusal;
  const libc: Libc | string = await loadLibc();
  if (typeof libc === 'string') return libc;
  try {
    const flags = name === 'epoll' ? linux.SOCK_NONBLOCK : 0;
    const endpoints = new Endpoints(libc, target, address, sourceAddresses, flags);
    return name === 'epoll' ? new EpollWire(libc, endpoints) : new UringWire(libc, endpoints, concurrency);
  } catch (error) {
    if (error instanceof NoRing) return error.message;
    throw error;
  }
}
