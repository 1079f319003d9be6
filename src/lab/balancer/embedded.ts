import { Child } from '../child.js';
import type { Balancer } from './balancer.js';
import type { BalancerCalls } from './main.js';
import type { ProxyPlan } from './proxy.js';

/**
 * Starts the embedded balancer in a process of its own and waits until it listens.
 *
 * @throws {LbbenchError} when it cannot listen, or is not ready within 10 s; nothing is left running then
 */
export async function startEmbedded(plan: Omit<ProxyPlan, 'accessLog'>): Promise<Balancer> {
  const child = new Child<BalancerCalls>('the embedded balancer', new URL('./main.js', import.meta.url));
  try {
    const { port, accessLog } = await child.call('start', plan);
    return {
      name: 'embedded',
      port,
      accessLog,
      pids: child.pid === undefined ? [] : [child.pid],
      use: (algorithm) => child.call('use', algorithm),
      close: () => child.stop(),
    };
  } catch (error) {
    await child.stop();
    throw error;
  }
}
