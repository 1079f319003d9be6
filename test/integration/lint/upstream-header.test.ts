import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithNginx } from '../real-nginx.js';
import { Backends } from './backends.js';
import type { Client } from './client.js';
import { serving } from './site.js';

let backends: Backends;
beforeAll(async () => {
  backends = await Backends.start(2);
});
afterEach(() => backends.reset());
afterAll(() => backends.close());

function site(server: string, location: string): string {
  return `http {
    upstream backend { ${backends.addresses.map((address) => `server ${address};`).join(' ')} }
    server {
        listen 127.0.0.1:PORT;
        ${server}
        location / { proxy_pass http://backend; ${location} }
    }
}
`;
}

/** Who a client is told that has answered. */
async function told(client: Client): Promise<unknown> {
  const { headers } = await client.get('/');
  return headers['x-upstream'];
}

describeWithNginx('the header that names the server', () => {
  const header = 'add_header X-Upstream $upstream_addr always;';
  const another = 'add_header Cache-Control no-store;';

  it('is lost in a block with another header', async () => {
    const config = site(header, another);
    expect(await serving({ config, finds: ['upstream-header-lost'] }, told)).toBeUndefined();
    const mended = site('', `${header} ${another}`);
    expect(await serving({ config: mended, finds: [] }, told)).toBe(backends.addresses[0]);
  });

  it('is missing on errors without always', async () => {
    backends.answer((response) => {
      response.statusCode = 503;
      response.end();
    });
    const config = site('add_header X-Upstream $upstream_addr;', '');
    expect(await serving({ config, finds: ['upstream-header-on-errors'] }, told)).toBeUndefined();
    expect(await serving({ config: site(header, ''), finds: [] }, told)).toBe(backends.addresses[0]);
  });
});
