import { type IncomingMessage, type RequestOptions, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Whether the body came to its end. */
  readonly isWhole: boolean;
}

/** A client that opens a connection for every request. */
export class Client {
  constructor(readonly port: number) {}

  async get(path: string, options: RequestOptions = {}, body?: string): Promise<Answer> {
    const response = await this.head(path, options, body);
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await new Promise((resolve) => response.once('close', resolve));
    const { statusCode: status = 0, headers, complete: isWhole } = response;
    return { status, headers, body: text, isWhole };
  }

  /** The response as soon as its head is there. */
  head(path: string, options: RequestOptions = {}, body?: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const headers = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
      const at = { host: '127.0.0.1', port: this.port };
      const sent = request({ ...at, path, method, headers, agent: false, ...options });
      sent.once('response', resolve);
      sent.once('error', reject);
      if (body === undefined) sent.end();
      else {
        // As many clients do it, the body comes in a packet of its own.
        sent.flushHeaders();
        setTimeout(() => sent.end(body), 10);
      }
    });
  }

  /** Who served the same request, sent `count` times one after another, or each time with other options. */
  async served(
    count: number,
    path: string,
    options: RequestOptions | ((index: number) => RequestOptions) = {},
    body?: string,
  ): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (let index = 0; index < count; index++) {
      const each = typeof options === 'function' ? options(index) : options;
      const { body: name } = await this.get(path, each, body);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }
}
