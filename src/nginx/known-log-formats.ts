import { compileLogFormat, type LogFormat } from './log-format.js';

const combinedText =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';
const forwarded = `${combinedText} "$http_x_forwarded_for"`;
const portAndUri = '$remote_addr:$remote_port $request_uri';
const attempt = '$upstream_addr $upstream_response_length $upstream_response_time $upstream_status';

/** The `upstreaminfo` of ingress-nginx. The client that its older ones repeat in brackets is read with `$remote_user`. */
function ingress(pools: string, behind: string): LogFormat {
  return compiled(`${combinedText} $request_length $request_time ${pools} ${attempt}${behind}`);
}

/** Of nginx-proxy-manager, whose `$server` is the host that a proxy host forwards to. */
function proxyManager(attempts: string, sentTo: string): LogFormat {
  return compiled(
    `[$time_local] ${attempts}$status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] ${sentTo}"$http_user_agent" "$http_referer"`,
  );
}

/** Formats that lines are compared with when none is given, the most common first. */
export const knownFormats: Readonly<Record<string, LogFormat>> = {
  /** Built into nginx, and its default. It does not tell the backend. */
  combined: compiled(combinedText),
  /** The `main` of nginx's packages. */
  main: compiled(forwarded),
  to: compiled(`${forwarded} to: $upstream_addr`),
  'port-and-to': compiled(`${forwarded.replace('$remote_addr', portAndUri)} to: $upstream_addr`),
  'combined-upstream': compiled(`${combinedText} "$upstream_addr"`),
  'ingress-nginx': ingress('[$proxy_upstream_name] [$proxy_alternative_upstream_name]', ' $req_id'),
  'ingress-nginx-0.21': ingress('[$proxy_upstream_name]', ' $req_id'),
  'ingress-nginx-0.13': ingress('[$proxy_upstream_name]', ''),
  /** Of nginx-proxy since 0.9; before, it was `vhost_combined` without the server's port. */
  'nginx-proxy': compiled(`$host ${combinedText} "$upstream_addr"`),
  vhost_combined: compiled(`$host ${combinedText}`),
  'nginx-proxy-manager': proxyManager('$upstream_cache_status $upstream_status ', '[Sent-to $server] '),
  'nginx-proxy-manager-standard': proxyManager('', ''),
};

function compiled(text: string): LogFormat {
  const format = compileLogFormat(text);
  if (!format.ok) throw new Error(format.message);
  return format.value;
}
