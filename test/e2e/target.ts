import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A target of a test's own on a free port. */
export class HttpTarget {
  private constructor(private readonly server: Server) {}

  static async start(listener: RequestListener): Promise<HttpTarget> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HttpTarget(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Without a path. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
