import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomUint32 } from '../../src/engine/counter-random.js';
import type { Report } from '../../src/model/report.js';
import { Workplace } from '../e2e/lbbench.js';
import { hostileServer, onRequest } from '../engine/native/hostile-server.js';
import { wires } from '../engine/native/load-jobs.js';

/** `HOSTILE_REQUESTS=1000000` asks for more. */
const requests = Number(process.env.HOSTILE_REQUESTS ?? 3_000);
const ok = 'HTTP/1.1 200 OK\r\nX-Upstream: 127.0.0.1:8001\r\nContent-Length: 5\r\n\r\nhello';
const large = `HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`;

/** A server that answers most requests, and breaks the rest in every way there is. */
function anyServer() {
  let seen = 0;
  return hostileServer((socket) =>
    onRequest(socket, () => {
      const draw = randomUint32(7, seen++, 0) % 1000;
      if (draw < 8) socket.resetAndDestroy();
      else if (draw < 16) socket.end();
      else if (draw < 24) socket.write('garbage\r\n\r\n');
      else if (draw < 32) socket.write(ok.slice(0, -2), () => socket.resetAndDestroy());
      else if (draw < 36) return;
      else if (draw < 60) socket.write(large);
      else if (draw < 80) setTimeout(() => socket.write(ok), draw % 30);
      else socket.write(ok);
    }),
  );
}

let workplace: Workplace;
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

describe.each(wires.filter((wire) => wire !== 'node'))('memory of the kernel, watched, over %s', (wire) => {
  it.each([
    ['to its end', 'timeout: 300ms', ''],
    ['without keep-alive', 'timeout: 300ms, keepAlive: false', ''],
    ['with bodies of all sizes', 'timeout: 60ms', `, method: POST, text: "{uuid}${'y'.repeat(3_000)}"`],
  ])('a run %s leaves no socket and no piece of it behind', async (_, load, body) => {
    const server = await anyServer();
    const scenario = workplace.write(
      's.yaml',
      `target: http://127.0.0.1:${server.port}
load: { requests: ${requests}, concurrency: 50, wire: ${wire}, ${load} }
requests: [{ path: "/{1..1000}"${body} }, { path: /a, method: POST, text: "${'z'.repeat(20_000)}", weight: 0.1 }]
allowErrors: true
`,
    );
    const { code, stdout, stderr } = await workplace.lbbench(
      ['run', scenario, '--quiet', '--export-json', '-'],
      {
        LBBENCH_CHECK_MEMORY: '1',
      },
    );
    await server.close();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const { outcomes } = (JSON.parse(stdout) as Report).runs[0] as Report['runs'][number];
    expect(outcomes.started).toBe(requests);
    for (const kind of ['responses', 'resets', 'malformed', 'timeouts'] as const)
      expect(outcomes[kind]).toBeGreaterThan(0);
  });
});
