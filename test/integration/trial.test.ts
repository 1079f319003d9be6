import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { drained, findMaster, objections, reload } from '../../src/trial/master.js';
import { OwnNginx } from './own-nginx.js';
import { describeWithNginx } from './real-nginx.js';

let server: Server;
let held: ServerResponse[];
let nginx: OwnNginx;
beforeEach(async () => {
  held = [];
  server = createServer((asked, response) => {
    if (asked.url === '/hold') held.push(response);
    else response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  nginx = await OwnNginx.start([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
});
afterEach(async () => {
  await nginx.close();
  server.closeAllConnections();
  server.close();
});

describeWithNginx('an nginx that runs already', () => {
  it('is found by the file that it was started with, and by no other', async () => {
    expect(await findMaster(realpathSync(nginx.conf))).toMatchObject({
      pid: nginx.pid,
      prefix: nginx.folder,
    });
    await expect(findMaster(realpathSync(nginx.site))).rejects.toThrow('expected a running nginx');
    await nginx.stop();
    await expect(findMaster(realpathSync(nginx.conf))).rejects.toThrow('expected a running nginx');
  });

  it('objects to a configuration in words without a time', async () => {
    const master = await findMaster(realpathSync(nginx.conf));
    expect(await objections(master)).toBeUndefined();
    expect(await objections({ ...master, conf: '/nowhere.conf' })).toMatch(
      /^open\(\) "\/nowhere\.conf" failed/,
    );
  });

  it('serves by new workers while old ones answer what they have', async () => {
    const master = await findMaster(realpathSync(nginx.conf));
    const sent = request({ host: '127.0.0.1', port: nginx.port, path: '/hold', agent: false }).end();
    const answered = once(sent, 'response');
    await expect.poll(() => held.length).toBe(1);
    await reload(master);
    expect(await drained(master, 300, () => true)).toBe(1);
    expect(await nginx.served(2)).not.toContain('an error');
    expect(await drained(master, 60_000, () => false)).toBe(1);
    held[0]?.end('late');
    await answered;
    expect(await drained(master, 20_000, () => true)).toBe(0);
    expect(nginx.reloads).toBe(1);
  });
});
