import { Agent, request } from 'node:http';

/** What one request got. */
export interface Got {
  readonly status: number;
  readonly upstream: string | undefined;
  readonly body: string;
}

export interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly localAddress?: string;
  readonly agent?: Agent;
}

/** Sends one request to 127.0.0.1. */
export function ask(port: number, asked: Asked = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { body, agent = false, ...options } = asked;
    const outgoing = request({ host: '127.0.0.1', port, agent, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        const upstream = response.headers['x-upstream'];
        resolve({
          status: response.statusCode ?? 0,
          upstream: typeof upstream === 'string' ? upstream : undefined,
          body: text,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Sends requests over `concurrency` kept connections and counts the values of X-Upstream. */
export async function countUpstreams(
  port: number,
  requests: number,
  concurrency = 4,
  asked: (index: number) => Asked = () => ({}),
): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const counts: Record<string, number> = {};
  let next = 0;
  const worker = async () => {
    while (next < requests) {
      const index = next++;
      const { upstream = 'none' } = await ask(port, { agent, ...asked(index) });
      counts[upstream] = (counts[upstream] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  agent.destroy();
  return counts;
}
