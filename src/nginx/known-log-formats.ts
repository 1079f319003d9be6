import { compileLogFormat, type LogFormat } from './log-format.js';

const combinedText =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';
const forwarded = `${combinedText} "$http_x_forwarded_for"`;
const portAndUri = '$remote_addr:$remote_port $request_uri';

/** Formats that lines are compared with when none is given, the most common first. */
export const knownFormats: Readonly<Record<string, LogFormat>> = {
  /** Built into nginx, and its default. It does not tell the backend. */
  combined: compiled(combinedText),
  /** The `main` of nginx's packages. */
  main: compiled(forwarded),
  to: compiled(`${forwarded} to: $upstream_addr`),
  'port-and-to': compiled(`${forwarded.replace('$remote_addr', portAndUri)} to: $upstream_addr`),
};

function compiled(text: string): LogFormat {
  const format = compileLogFormat(text);
  if (!format.ok) throw new Error(format.message);
  return format.value;
}
