import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../lab/free-port.js';
import { describeWithNginx } from '../real-nginx.js';
import { Backends } from './backends.js';
import type { Client } from './client.js';
import { serving } from './site.js';

/** More requests than it takes to meet several workers, whichever the kernel chooses for each. */
const many = 400;
/** Enough of them to see that it does not happen. */
const enough = 60;

let backends: Backends;
beforeAll(async () => {
  backends = await Backends.start(2);
});
afterEach(() => backends.reset());
afterAll(() => backends.close());

function site(lines: string): string {
  return `worker_processes 4;
http {
    upstream backend {
        ${lines}
    }
    server {
        listen 127.0.0.1:PORT;
        add_header X-Upstream $upstream_addr always;
        location / { proxy_pass http://backend; }
    }
}
`;
}

function servers(parameters = ''): string {
  return backends.addresses.map((address) => `server ${address} ${parameters};`).join('\n');
}

const shared = 'zone backend 64k;';

/** Sends requests until something has happened; how many it took, or `undefined` when it has not. */
async function until(
  happened: () => boolean,
  count: number,
  send: () => Promise<unknown>,
): Promise<number | undefined> {
  for (let sent = 1; sent <= count; sent++) {
    await send();
    if (happened()) return sent;
  }
  return undefined;
}

/** Opens a request that a backend keeps, or that no server is left for. */
async function open(client: Client): Promise<void> {
  const before = backends.requests.reduce((sum, count) => sum + count, 0);
  const answered = client.head('/').then(
    () => true,
    () => true,
  );
  const reached = async () => {
    while (backends.requests.reduce((sum, count) => sum + count, 0) === before)
      await new Promise(setImmediate);
  };
  await Promise.race([answered, reached()]);
}

function inProgress(): readonly number[] {
  return backends.held.map(({ length }) => length);
}

function difference([one = 0, other = 0]: readonly number[]): number {
  return Math.abs(one - other);
}

describeWithNginx('several workers', () => {
  it('let more requests through than max_conns says', async () => {
    backends.hold();
    const isOver = () => inProgress().some((count) => count > 1);
    const config = site(servers('max_conns=1'));
    await serving({ config, finds: ['max-conns-without-zone'] }, async (client) => {
      expect(await until(isOver, many, () => open(client))).toBeDefined();
    });
    backends.reset();
    backends.hold();
    await serving({ config: site(shared + servers('max_conns=1')), finds: [] }, async (client) => {
      expect(await until(isOver, enough, () => open(client))).toBeUndefined();
      expect(inProgress()).toEqual([1, 1]);
    });
  });

  it.each(['least_conn', 'random two least_conn'])(
    'do not find the server with the fewest: %s',
    async (method) => {
      backends.hold();
      const isUneven = () => difference(inProgress()) >= 3;
      const config = site(`${method}; ${servers()}`);
      await serving({ config, finds: ['least-conn-without-zone'] }, async (client) => {
        expect(await until(isUneven, many, () => open(client))).toBeDefined();
      });
      backends.reset();
      backends.hold();
      await serving({ config: site(`${shared} ${method}; ${servers()}`), finds: [] }, async (client) => {
        expect(await until(isUneven, enough, () => open(client))).toBeUndefined();
      });
    },
  );

  it('begin at the first server each', async () => {
    const isUneven = () => difference(backends.requests) >= 2;
    const config = site(servers());
    await serving({ config, finds: ['round-robin-without-zone'] }, async (client) => {
      expect(await until(isUneven, many, () => client.get('/'))).toBeDefined();
    });
    backends.reset();
    await serving({ config: site(shared + servers()), finds: [] }, async (client) => {
      expect(await until(isUneven, enough, () => client.get('/'))).toBeUndefined();
    });
  });

  it('find out one by one that a server is down', async () => {
    const [dead] = await freePorts(1);
    const pool = `${servers('max_fails=2 fail_timeout=60s')} server 127.0.0.1:${dead} max_fails=2 fail_timeout=60s;`;
    let failed = 0;
    const send = async (client: Client) => {
      const { headers, status } = await client.get('/');
      expect(status).toBe(200);
      if (String(headers['x-upstream']).includes(', ')) failed += 1;
    };
    await serving({ config: site(pool), finds: ['max-fails-without-zone'] }, async (client) => {
      expect(
        await until(
          () => failed > 2,
          many,
          () => send(client),
        ),
      ).toBeDefined();
    });
    failed = 0;
    await serving({ config: site(shared + pool), finds: [] }, async (client) => {
      for (let sent = 0; sent < enough; sent++) await send(client);
      expect(failed).toBe(2);
    });
  });

  it('move the keys of a dead server one by one', async () => {
    const [dead] = await freePorts(1);
    const pool = `hash $arg_key$remote_addr; ${servers()} server 127.0.0.1:${dead};`;
    const failures = async (client: Client, most: number) => {
      let [key, failed] = [0, 0];
      for (let sent = 0; sent < most && failed < 2; sent++) {
        const { headers } = await client.get(`/?key=${key}`);
        if (String(headers['x-upstream']).includes(', ')) failed += 1;
        // The first failure tells a key of the dead server.
        else if (failed === 0) key += 1;
      }
      return failed;
    };
    await serving({ config: site(pool), finds: ['hash-without-zone'] }, async (client) => {
      expect(await failures(client, many)).toBe(2);
    });
    await serving({ config: site(shared + pool), finds: [] }, async (client) => {
      expect(await failures(client, enough)).toBe(1);
    });
  });
});
