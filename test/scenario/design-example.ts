/** Everything of a scenario but where its load goes. */
const common = `
load:
  requests: 1000                     # -n   (or duration: 30s, -t)
  concurrency: 10                    # -c
  # rate: 200/s                      # open model;  arrivals: constant | poisson
  warmup: 100                        # requests, or a time; measured apart
  keepAlive: true
  timeout: 30s
  sourceAddresses: 127.0.{1..32}.1
requests:                            # drawn by weight, from a seeded generator
  - { name: chat, method: POST, path: /chat, json: { message: "Hello, this is a test message" }, weight: 1 }
  - { name: completions, method: POST, path: "/completions?user={1..500}", textFile: text.txt, weight: 1 }
attribution: { header: X-Upstream }
thresholds: ["skew < 5%", "p99 < 250ms", "errors < 0.1%", "rps > 200", "p99{request=chat} < 300ms", "share{backend=127.0.0.1:8001} > 55%"]
`;

/** A full scenario that starts its own balancer. */
export const labExample = `name: chat-and-completions
lab:                                 # or: what lbbench starts for the run
  balancer: auto                     # auto | nginx | embedded. auto: nginx when it is installed
  workers: 1                         # nginx worker_processes
  zone: true                         # shared upstream state among workers
  servers:                           # nginx \`server\` parameters, word for word; a demo backend is started for each
    - 127.0.0.1:8001 weight=3 max_fails=3 fail_timeout=30s
    - 127.0.0.1:8002 weight=2
  backend: { latency: 20ms, jitter: 10ms, slots: 8 }      # how the demo backends behave; per server too
algorithms: [round_robin, least_conn, ip_hash, "hash $request_uri consistent", "random two least_conn"]
${common}`;

/** The same load for a balancer that already runs. */
export const targetExample = `name: chat-and-completions
target: http://127.0.0.1:8080        # a balancer that already runs; or \`lab:\`; exactly one of the two
expect: { 127.0.0.1:8001: 3, 127.0.0.1:8002: 2 }          # expected weights when there is no lab
${common}`;

export const exampleFiles: Readonly<Record<string, string>> = { 'text.txt': 'Es war einmal\n' };
