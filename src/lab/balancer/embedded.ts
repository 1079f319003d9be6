import { join } from 'node:path';
import { Child } from '../child.js';
import { makeFolder, removeFolder } from '../folder.js';
import type { Balancer } from './balancer.js';
import type { BalancerCalls } from './main.js';
import type { ProxyPlan } from './proxy.js';

/**
 * Starts the embedded balancer in a process of its own and waits until it listens.
 *
 * @throws {LbbenchError} when it cannot listen, has no room for its files, or is not ready within 10 s; nothing is left then
 */
export async function startEmbedded(plan: Omit<ProxyPlan, 'accessLog'>): Promise<Balancer> {
  const folder = makeFolder();
  const child = new Child<BalancerCalls>('the embedded balancer', new URL('./main.js', import.meta.url), [
    folder,
  ]);
  const close = async () => {
    await child.stop();
    removeFolder(folder);
  };
  const accessLog = join(folder, 'access.log');
  try {
    const port = await child.call('start', { ...plan, accessLog });
    return {
      name: 'embedded',
      port,
      accessLog,
      pids: child.pid === undefined ? [] : [child.pid],
      lost: child.lost.then((error) => {
        removeFolder(folder);
        return error;
      }),
      use: (algorithm) => child.call('use', algorithm),
      complaints: async () => {
        const lost = await child.call('lostLines', undefined);
        return lost === undefined
          ? []
          : [`${lost.count} lines of the balancer's access log could not be written (${lost.code})`];
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
