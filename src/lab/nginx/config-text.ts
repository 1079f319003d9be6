import type { Algorithm } from '../../model/algorithm.js';
import type { ProxyPlan } from '../../model/plan.js';
import type { ServerLine } from '../../model/upstream.js';
import { formatAlgorithm } from '../../nginx/algorithm.js';
import { formatServerLine } from '../../nginx/server-line.js';

/** What the lab's nginx is configured to do. */
export interface ConfigPlan {
  readonly poolName: string;
  readonly servers: readonly ServerLine[];
  readonly algorithm: Algorithm;
  readonly workers: number;
  readonly zone: boolean;
  /** On 127.0.0.1. */
  readonly port: number;
  /** Answered to a request for `probeHost`, to tell one configuration from the next. */
  readonly generation: number;
  /** For each worker; a proxied request takes two. */
  readonly workerConnections: number;
  /** Account for the workers; `undefined` leaves it to nginx. */
  readonly user: string | undefined;
  readonly proxy?: ProxyPlan | undefined;
}

/** Host header of the requests that ask for the generation. They are balanced nowhere and logged nowhere. */
export const probeHost = 'generation.lbbench.invalid';

/** File names inside the lab's folder; nginx resolves them against its prefix. */
export const accessLogName = 'access.log';
export const errorLogName = 'error.log';
export const certificateName = 'server.pem';
export const keyName = 'server.key';

/**
 * The configuration file. All that comes from a scenario is the parsed algorithm and server lines, printed by nginx's
 * grammar, and numbers.
 *
 * Backend connections, retries, timeouts and buffers are left at nginx's defaults, unless the scenario says otherwise: they
 * are part of what is measured. What
 * is set deviates for a reason: clients are not cut every 1,000 requests; the limit on bodies is the backend's, so that
 * its answer can be attributed; the start of workers is logged, because a reload waits for it; old workers end within 5 s.
 */
export function configText(plan: ConfigPlan): string {
  const { poolName, servers, algorithm } = plan;
  const method = algorithm.method === 'round_robin' ? [] : [`${formatAlgorithm(algorithm)};`];
  // A peer takes some 600 bytes of the zone [nginx 1.22.1 on 64 bit]; 64k is what nginx's examples use.
  const zone = plan.zone ? [`zone ${poolName} ${64 + servers.length}k;`] : [];
  const pool = [...method, ...zone, ...servers.map((line) => `server ${formatServerLine(line)};`)];
  const ssl = plan.proxy?.tls === true ? ' ssl' : '';
  return `# Written by lbbench for one run; removed with it.
${plan.user === undefined ? '' : `user ${plan.user};\n`}daemon off;
worker_processes ${plan.workers};
worker_shutdown_timeout 5s;
pid nginx.pid;
error_log ${errorLogName} notice;
events {
    worker_connections ${plan.workerConnections};
}
http {
    log_format lbbench '$remote_addr - $remote_user [$time_local] "$request" '
                       '$status $body_bytes_sent "$http_referer" '
                       '"$http_user_agent" "$http_x_forwarded_for" to: $upstream_addr';
    access_log ${accessLogName} lbbench;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    client_body_buffer_size 1m;
    client_max_body_size 0;
    keepalive_requests 1000000000;
${ssl === '' ? '' : `    ssl_certificate ${certificateName};\n    ssl_certificate_key ${keyName};\n`}    upstream ${poolName} {
${pool.map((line) => `        ${line}`).join('\n')}
    }
    server {
        listen 127.0.0.1:${plan.port}${ssl} default_server backlog=4096;
        location / {
            proxy_pass http://${poolName};
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_hide_header X-Upstream;
            add_header X-Upstream $upstream_addr always;
${proxyLines(plan.proxy)
  .map((line) => `            ${line}\n`)
  .join('')}        }
    }
    server {
        listen 127.0.0.1:${plan.port}${ssl};
        server_name ${probeHost};
        access_log off;
        return 200 "${plan.generation}";
    }
}
`;
}

function proxyLines(proxy: ProxyPlan | undefined): readonly string[] {
  if (proxy === undefined) return [];
  const { buffering, httpVersion, readTimeoutMs, gzip } = proxy;
  return [
    ...(buffering === undefined ? [] : [`proxy_buffering ${buffering ? 'on' : 'off'};`]),
    ...(httpVersion === undefined ? [] : [`proxy_http_version ${httpVersion};`]),
    // nginx before 1.29.7 would ask for the connection to be closed.
    ...(httpVersion === '1.1' ? ['proxy_set_header Connection "";'] : []),
    ...(readTimeoutMs === undefined ? [] : [`proxy_read_timeout ${Math.ceil(readTimeoutMs)}ms;`]),
    ...(gzip ? ['gzip on;', 'gzip_types text/event-stream application/json;', 'gzip_proxied any;'] : []),
  ];
}
