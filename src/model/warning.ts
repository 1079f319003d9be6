/**
 * Something a reader must know to read the figures right. A warning never changes a figure.
 * The code is stable and part of the report; the text is for people.
 */
export interface Warning {
  readonly code: WarningCode;
  readonly text: string;
}

export type WarningCode =
  | 'generator-saturated'
  | 'schedule-late'
  | 'generator-stopped'
  | 'dropped-starts'
  | 'too-few-requests'
  | 'too-many-backends'
  | 'unattributed'
  | 'unknown-backend'
  | 'duplicate-header'
  | 'no-backend-left'
  | 'not-proxied'
  | 'method-aim'
  | 'one-source-network'
  | 'unused-source-addresses'
  | 'workers-without-zone'
  | 'not-measured'
  | 'gave-up'
  | 'interrupted'
  | 'ended-early'
  | 'errors'
  | 'silent-backend'
  | 'failing-backend'
  | 'redirects'
  | 'wrong-scheme'
  | 'model-mismatch'
  | 'drill'
  | 'lab'
  | 'workers-leaving'
  | 'reconciliation'
  | 'agent-lost'
  | 'clock-uncertain'
  | 'unmatched-lines'
  | 'damaged-log'
  | 'long-lines'
  | 'several-pools'
  | 'came-and-went'
  | 'buffered-streams'
  | 'configuration';
