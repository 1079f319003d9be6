import { sanitize } from '../text/sanitize.js';

/** The commented scenario that `lbbench init` writes. It passes `lbbench check` as it is. */
export const scenarioTemplate = `# A scenario for lbbench. Try it:  lbbench run scenario.yaml
# Every key is explained by  lbbench schema;  lbbench check scenario.yaml  only validates.
name: my-balancer

# What is measured: either a balancer that already runs ...
# target: http://127.0.0.1:8080        # also https://…, http://[::1]:8080, http://unix:/run/nginx.sock:/
# expect: { 127.0.0.1:8001: 3, 127.0.0.1:8002: 2 }     # the weights of its backends
# expect: { nginxConf: /etc/nginx/nginx.conf, upstream: backend }    # or take them from its configuration

# ... or a lab, which lbbench starts for the run and stops after it.  lbbench lab scenario.yaml  leaves it up for curl.
lab:
  balancer: auto                       # nginx when it is installed, else the embedded balancer
  workers: 1                           # nginx's worker_processes
  zone: true                           # share the balancing state among workers
  servers:                             # nginx's server parameters, word for word
    - 127.0.0.1:18001 weight=3
    - 127.0.0.1:18002 weight=2
    # - { server: 127.0.0.1:18003 backup, latency: 200ms }    # this one answers slowly
  backend: { latency: 5ms, jitter: 2ms }    # how the demo backends answer; slots: 8 limits their parallel work
  # events:                            # a failover drill: stop, start, hang, slow, error
  #   - { at: 2s, backend: 127.0.0.1:18002, do: stop }
  #   - { at: 5s, backend: 127.0.0.1:18002, do: start }

# The same load runs once for each of these; the report sets them side by side.
algorithms: [round_robin, least_conn]  # ip_hash, "hash $request_uri consistent", random, "random two least_conn"
# repeat: 3                            # rounds, there and back; the table then shows medians and ranges

load:
  requests: 1000                       # or duration: 30s; with both, whichever ends first
  concurrency: 10                      # requests kept in flight
  # rate: 200/s                        # open model: start on a schedule, whatever the responses do
  # arrivals: poisson                  # with a rate: random instead of evenly spaced starts
  warmup: 100                          # requests, or a time such as 5s; measured apart
  keepAlive: true
  timeout: 30s
  # sourceAddresses: 127.0.{1..32}.1   # for ip_hash, which looks at the first three numbers only (Linux)

# The mix, drawn by weight from a seeded generator. {1..500} becomes a number drawn for each request.
requests:
  - name: chat
    method: POST
    path: /chat
    json: { message: "Hello, this is a test message" }
    weight: 1
  - name: completions
    method: POST
    path: /completions?user={1..500}
    text: "Once upon a time"           # or jsonFile, textFile, file: relative to this file
    weight: 1
# headers: { X-Team: search }          # for all requests; a request may have its own; "\${TOKEN}" is from the environment
# auth: { user: alice, password: "…" } # HTTP Basic
# errors: { 429: ok }                # 400 and above are errors unless this says otherwise, here or in a request
# seed: 1                              # of everything random

# How a response tells which backend served it. nginx sends the header with
#   add_header X-Upstream $upstream_addr always;
attribution: { header: X-Upstream }    # or { log: /var/log/nginx/access.log }, or { body: /server }

# Exit code 1 when one of these fails: this is what CI looks at.
thresholds:
  # How far any backend's share is from its weight. least_conn evens out the work in flight, not the counts, so only
  # round_robin is held to them here; a target, which has no algorithms, takes  skew < 5%  alone.
  - skew{run=round_robin} < 5%
  - errors < 0.1%                      # without a rule on errors, errors < 1% is implied; allowErrors: true lifts it
  - p99 < 1s
  # - share{backend=127.0.0.1:18001} > 55%
  # - p99{request=chat} < 300ms
  # - { rule: errors < 10%, abortOnFail: true }
`;

/** What is known of a balancer that runs already. */
export interface FoundBalancer {
  /** What reports call it. */
  readonly name: string;
  /** As a scenario has it, without credentials. */
  readonly target: string;
  /** Whether it was asked with credentials. */
  readonly hasCredentials: boolean;
  /** The backend that answered, where it could be told. */
  readonly seen: string | undefined;
  /** Full path of its configuration, and the block. */
  readonly nginx:
    | {
        readonly conf: string;
        readonly upstream: string;
        readonly method: string;
        readonly servers: readonly string[];
      }
    | undefined;
}

/** The scenario that `lbbench init --target` writes: short, about what is there. It passes `lbbench check` as it is. */
export function scenarioTemplateFor({ name, target, hasCredentials, seen, nginx }: FoundBalancer): string {
  const told = seen === undefined ? '' : ` ${oneLine(seen)} said so when init asked.`;
  const credentials = hasCredentials
    ? '\n# HTTP Basic, from the environment, which no report shows.\nauth: { user: "${LBBENCH_USER}", password: "${LBBENCH_PASSWORD}" }\n'
    : '';
  return `# The spread of a balancer that runs already. Try it:  lbbench run scenario.yaml
# lbbench init without --target writes a scenario with all keys;  lbbench schema  explains each.
name: ${quoted(name)}
target: ${quoted(target)}
${credentials}
# How a response tells which backend served it. nginx sends the header with
#   add_header X-Upstream $upstream_addr always;
# and docs/balancers.md has the line for others.${told}
attribution: { header: X-Upstream }    # or { log: /var/log/nginx/access.log }, or { body: /server }

${expectText(seen, nginx)}
load:
  requests: 1000                       # or duration: 30s
  concurrency: 10                      # requests kept in flight
  # rate: 200/s                        # or start on a schedule, whatever the responses do

# What is sent; without it GET of the target's path.
# requests:
#   - { method: POST, path: /chat, json: { message: Hello }, weight: 3 }
#   - { path: "/search?q={1..500}", weight: 1 }

# Exit code 1 when one of these fails: this is what CI looks at.
thresholds:
${skewText(nginx?.method)}
  - errors < 0.1%
  - p99 < 1s
`;
}

function expectText(seen: string | undefined, nginx: FoundBalancer['nginx']): string {
  if (nginx !== undefined) {
    const shown = nginx.servers.slice(0, 8).map((server) => `#   ${oneLine(server)}\n`);
    const more = nginx.servers.length - shown.length;
    return `# The weights that its configuration gives (${oneLine(nginx.method)}):
${shown.join('')}${more > 0 ? `#   and ${more} more\n` : ''}expect: { nginxConf: ${quoted(nginx.conf)}, upstream: ${quoted(nginx.upstream)} }
`;
  }
  const example = seen === undefined ? '127.0.0.1:8001: 1' : `${quoted(oneLine(seen))}: 1`;
  return `# What each backend should get. Without it equal shares of those that answer are expected.
# expect: { ${example}, 127.0.0.1:8002: 1 }
# expect: { nginxConf: /etc/nginx/nginx.conf, upstream: backend }    # or as its configuration says
`;
}

/** Counts are what round robin aims at, and random picks on average. */
function skewText(method: string | undefined): string {
  if (method === undefined || /^(round_robin|random)$/.test(method)) return '  - skew < 5%';
  return `  # ${oneLine(method)} does not aim at equal counts: how uneven may they get?\n  # - skew < 20%`;
}

/** A JSON text is YAML; what would stand for the environment is not meant to. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('${', '$${');
}

/** In a comment, which ends with its line. */
function oneLine(text: string): string {
  return sanitize(text, 120);
}
