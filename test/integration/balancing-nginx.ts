import { directive } from '../../src/nginx/config/directive.js';
import { freePorts } from '../lab/free-port.js';
import { BareNginx } from './bare-nginx.js';

/** Runs nginx in front of `backends`, as users have it, for as long as `use` takes. */
export async function balancing<T>(
  backends: readonly string[],
  use: (port: number) => Promise<T>,
): Promise<T> {
  const nginx = new BareNginx();
  const [port = 0] = await freePorts(1);
  const pool = directive(
    'upstream',
    ['backend'],
    backends.map((address) => directive('server', [address])),
  );
  const server = directive(
    'server',
    [],
    [
      directive('listen', [`127.0.0.1:${port}`]),
      directive('add_header', ['X-Upstream', '$upstream_addr', 'always']),
      directive('location', ['/'], [directive('proxy_pass', ['http://backend'])]),
      directive('location', ['/bare'], [directive('return', ['200', 'ok'])]),
    ],
  );
  try {
    return await nginx.serve([], [pool, server], () => use(port));
  } finally {
    nginx.remove();
  }
}
