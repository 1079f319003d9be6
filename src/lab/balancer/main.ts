import type { Algorithm } from '../../model/algorithm.js';
import { removeFolder } from '../folder.js';
import { serveParent } from '../parent.js';
import type { LostLines } from './access-log.js';
import { type ProxyPlan, ReverseProxy } from './proxy.js';

/** What the lab calls in the embedded balancer's process. `start` comes first. */
export interface BalancerCalls {
  /** Listens, and tells the port. */
  start(plan: ProxyPlan): Promise<number>;
  use(algorithm: Algorithm): void;
  /** Lines of its log that were lost since this was asked last. */
  lostLines(argument: undefined): LostLines | undefined;
}

const [, , folder = ''] = process.argv;
let proxy: ReverseProxy | undefined;

serveParent<BalancerCalls>(
  {
    start: async (plan) => {
      proxy = new ReverseProxy(plan);
      return proxy.listen();
    },
    use: (algorithm) => proxy?.use(algorithm),
    lostLines: () => proxy?.lostLines(),
  },
  () => {
    proxy?.close();
    removeFolder(folder);
  },
);
