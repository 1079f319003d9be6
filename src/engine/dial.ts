import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { LbbenchError } from '../model/fault.js';
import type { Target } from '../model/plan.js';
import { isAbort, unlessAborted } from './unless-aborted.js';

/** What became of asking for a name's addresses. */
const lookupWords: Readonly<Record<string, string>> = {
  ENOTFOUND: 'nobody knows it',
  EAI_AGAIN: 'the name server does not answer',
};

/** Time one address of several is given to accept a connection before the next is tried. */
const probeTimeoutMs = 1000;

/**
 * Resolves the target's host once, before the run. A name with several addresses (`localhost` on most machines) is
 * tried with bare connects, which cost the balancer no pick and no log line; the first that accepts is used.
 *
 * @throws LbbenchError when the name does not resolve; the signal's reason when it is aborted before
 */
export async function resolveTarget(target: Target, signal: AbortSignal | undefined): Promise<string> {
  if (target.socketPath !== undefined || isIP(target.host) !== 0) return target.host;
  let addresses: string[];
  try {
    addresses = (await unlessAborted(lookup(target.host, { all: true }), signal)).map(
      ({ address }) => address,
    );
  } catch (error) {
    if (isAbort(error, signal)) throw error;
    throw new LbbenchError('unmeasurable', [
      {
        path: 'target',
        message: `expected a host name that resolves, got ${JSON.stringify(target.host)} (${lookupWords[(error as NodeJS.ErrnoException).code ?? ''] ?? 'no address'})`,
        hint: 'check the spelling, or give the address itself',
      },
    ]);
  }
  if (addresses.length > 1) {
    for (const address of addresses)
      if (await unlessAborted(accepts(address, target.port), signal)) return address;
  }
  return addresses[0] as string;
}

/** Whether a server speaks TLS where it was spoken to without: a handshake there succeeds. */
export function speaksTls(target: Target): Promise<boolean> {
  if (target.tls !== undefined || target.socketPath !== undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const { host, port } = target;
    // Nothing is sent over it, so that whose certificate it is does not matter.
    const socket = connectTls({ host, port, rejectUnauthorized: false });
    const finish = (isTls: boolean) => {
      socket.destroy();
      resolve(isTls);
    };
    socket.setTimeout(probeTimeoutMs, () => finish(false));
    socket.once('secureConnect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, autoSelectFamily: false });
    const finish = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(probeTimeoutMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
