import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type LogReportOptions, readLogReport } from '../../../src/run/log/log.js';

const folder = mkdtempSync(join(tmpdir(), 'lbbench-configurations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const format = '$remote_addr [$time_local] "$request" $status $upstream_addr $upstream_status';
const [a, b] = ['10.0.0.1:80', '10.0.0.2:80'];
const log = join(folder, 'access.log');
const lines = Array.from(
  { length: 300 },
  (_, i) => `192.0.2.1 [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 ${i % 3 === 2 ? b : a} 200\n`,
);
writeFileSync(log, lines.join(''));

const conf = (text: string, name = 'nginx.conf') => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const logFormat = `log_format up '${format}';`;

async function reportOf(options: Partial<LogReportOptions>) {
  const report = await readLogReport({ paths: [log], ...options });
  const [run] = report.runs;
  if (run === undefined) throw new Error('no run');
  return {
    report,
    weights: Object.fromEntries(run.backends.map(({ address, count, weight }) => [address, [count, weight]])),
    warnings: run.warnings.map(({ code, text }) => `${code}: ${text}`).join('\n'),
  };
}

describe('configurations that people have', () => {
  it('are read with Lua, what the commercial nginx adds, and includes of another machine', async () => {
    const path = conf(`
      load_module modules/ngx_http_lua_module.so;
      http {
        include /no/such/mime.types; include ${folder}/conf.d/*.conf;
        lua_shared_dict configuration_data 20M;
        init_by_lua_block { local s = "}" -- { }
        }
        ${logFormat}
        map $http_upgrade $connection_upgrade { default upgrade; '' close; }
        upstream u { zone u 64k; least_time header; server 10.0.0.1 weight=2 slow_start=30s; server 10.0.0.2:80 route=b; sticky cookie s; }
        server { access_log ${log} up; location ~ \\.php$ { access_by_lua_block { return } proxy_pass http://u; } }
      }`);
    const { report, weights, warnings } = await reportOf({ conf: path, thresholds: ['skew < 1%'] });
    expect(report.log?.format).toBe(format);
    expect(weights).toEqual({ [a]: [200, 2], [b]: [100, 1] });
    expect(report.verdict).toBe('pass');
    expect(warnings).toContain('configuration: "/no/such/mime.types" cannot be read here');
  });

  it('say nothing of servers that Lua chooses', async () => {
    const path = conf(`http { ${logFormat}
      upstream upstream_balancer { server 0.0.0.1:1234; balancer_by_lua_block { balancer.balance() } keepalive 320; } }`);
    for (const upstream of [undefined, 'upstream_balancer']) {
      const { weights, warnings } = await reportOf({ conf: path, upstream });
      expect(weights).toEqual({ [a]: [200, undefined], [b]: [100, undefined] });
      expect(warnings.includes('is decided outside of the configuration')).toBe(upstream !== undefined);
    }
  });

  it('keep names that resolve elsewhere, and compare nothing with them', async () => {
    const path = conf(`http { ${logFormat}
      upstream u { server web-1.does-not-exist.invalid:80 weight=2; server web-2.does-not-exist.invalid; }
      upstream v { server 10.0.0.9:80; } }`);
    const thresholds = ['skew < 40%'];
    const { report, weights, warnings } = await reportOf({ conf: path, upstream: 'u', thresholds });
    expect(weights).toEqual({ [a]: [200, undefined], [b]: [100, undefined] });
    expect([report.verdict, report.runs[0]?.distribution.skew]).toEqual(['pass', expect.closeTo(1 / 3)]);
    expect(warnings).toContain('"web-1.does-not-exist.invalid" of the upstream block does not resolve here');
  });

  it('may be what nginx -T prints', async () => {
    const path = conf(
      `nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
nginx: configuration file /etc/nginx/nginx.conf test is successful
# configuration file /etc/nginx/nginx.conf:
http { include /etc/nginx/formats.conf; include sites/*; }

# configuration file /etc/nginx/formats.conf:
${logFormat}

# configuration file /etc/nginx/sites/a:
upstream u { server ${a} weight=2; server ${b}; }
server { access_log ${log} up; }
`,
      'dump.txt',
    );
    const { report, weights, warnings } = await reportOf({ conf: path });
    expect(report.log?.format).toBe(format);
    expect(weights).toEqual({ [a]: [200, 2], [b]: [100, 1] });
    expect(warnings).not.toContain('cannot be read');
  });
});
