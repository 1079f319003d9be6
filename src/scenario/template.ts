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
