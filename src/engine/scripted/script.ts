import type { Outcome } from '../../model/outcome.js';

/** How a scripted request ends. Times are milliseconds since its start, at least a microsecond. */
export type ScriptedResponse =
  | (ScriptedAnswer & { readonly serviceMs: number })
  | (Partial<ScriptedAnswer> & {
      /**
       * Ends without a complete response; with a status, after its head. Timeouts are not scripted: whatever takes longer
       * than the load's timeout is one.
       */
      readonly failure: Exclude<Outcome, typeof Outcome.response>;
      readonly serviceMs: number;
      readonly text?: string;
    });

interface ScriptedAnswer {
  readonly status: number;
  /** Value of the attribution header in the form of nginx's `$upstream_addr`; without it nobody can tell. */
  readonly upstream?: string;
  /** When the head comes; without it with the end. */
  readonly ttfbMs?: number;
  /** When the body begins, if there is one; without it with the head. */
  readonly firstByteBodyMs?: number;
  /** Only of a request that opened a connection. */
  readonly connectMs?: number;
  readonly bodyBytes?: number;
}

/** What becomes of request `index` of a run, which is of the kind `kind` in its mix; a pure function. */
export type Script = (index: number, kind: number) => ScriptedResponse;

/** Who answers when nobody says which backends there are. */
const someBackends = ['127.0.0.1:8001', '127.0.0.1:8002'];

/** Backends in turn, 10 to 19 ms, all 200. */
export function roundRobinScript(knownBackends: readonly string[]): Script {
  const backends = knownBackends.length === 0 ? someBackends : knownBackends;
  return (index) => ({
    status: 200,
    serviceMs: 10 + (index % 10),
    upstream: backends[index % backends.length] as string,
  });
}
