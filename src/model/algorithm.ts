/**
 * An nginx balancing method, as data. The text forms are nginx's own directives:
 * `round_robin` (nginx's default, which has no directive), `least_conn`, `ip_hash`, `hash KEY`,
 * `hash KEY consistent`, `random`, `random two least_conn`.
 */
export type Algorithm =
  | { readonly method: 'round_robin' }
  | { readonly method: 'least_conn' }
  | { readonly method: 'ip_hash' }
  | { readonly method: 'hash'; readonly key: string; readonly consistent: boolean }
  | { readonly method: 'random'; readonly two: boolean };
