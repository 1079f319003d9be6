import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { probeHost } from './config-text.js';

/**
 * Asks the nginx on a port which generation of its configuration answers. The request is balanced nowhere, so it
 * does not shift the turn of the servers.
 *
 * @param ca the certificate to expect; `undefined` without TLS
 * @returns `undefined` when nothing answers, or something else does
 */
export function probeGeneration(port: number, ca: string | undefined): Promise<number | undefined> {
  return new Promise((resolve) => {
    const ask = ca === undefined ? request : requestTls;
    const probe = ask(
      {
        ca,
        servername: '',
        host: '127.0.0.1',
        port,
        agent: false,
        headers: { Host: probeHost },
        timeout: 1_000,
      },
      (response) => {
        let body = '';
        response.setEncoding('latin1').on('data', (text: string) => {
          body = (body + text).slice(0, 64);
        });
        response.on('end', () => resolve(/^\d+$/.test(body) ? Number(body) : undefined));
        response.on('error', () => resolve(undefined));
      },
    );
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(undefined));
    probe.end();
  });
}
