import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithm } from '../../model/algorithm.js';
import { serveParent } from '../parent.js';
import { type ProxyPlan, ReverseProxy } from './proxy.js';

/** What the lab calls in the embedded balancer's process. `start` comes first. */
export interface BalancerCalls {
  start(plan: Omit<ProxyPlan, 'accessLog'>): Promise<{ readonly port: number; readonly accessLog: string }>;
  use(algorithm: Algorithm): void;
}

let proxy: ReverseProxy | undefined;
let folder: string | undefined;

serveParent<BalancerCalls>(
  {
    start: async (plan) => {
      folder = mkdtempSync(join(tmpdir(), 'lbbench-'));
      const accessLog = join(folder, 'access.log');
      proxy = new ReverseProxy({ ...plan, accessLog });
      return { port: await proxy.listen(), accessLog };
    },
    use: (algorithm) => proxy?.use(algorithm),
  },
  () => {
    proxy?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  },
);
