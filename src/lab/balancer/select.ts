import type { Upstream } from '../../model/upstream.js';
import type { Select } from './selection.js';

export function selector(upstream: Upstream): Select {
  let turn = 0;
  const count = upstream.servers.length;
  return () => {
    let left = count;
    return {
      get mayRetry() {
        return left > 0;
      },
      next() {
        left -= 1;
        return left < 0 ? undefined : turn++ % count;
      },
      end() {},
    };
  };
}
