/** An error spoils the spread whatever is asked for, a warning does in the case that it names, a note is good to know. */
export type LintSeverity = 'error' | 'warning' | 'note';

/** One thing that `lbbench lint` looks for. */
export interface LintRule {
  /** Also the anchor of its section in `docs/lint.md`. */
  readonly id: string;
  readonly severity: LintSeverity;
  /** What is spoiled, in one line. */
  readonly meaning: string;
}

/** One place of a configuration where a rule applies. Texts hold nothing that acts on a screen. */
export interface LintFinding {
  /** Id of its rule. */
  readonly rule: string;
  readonly severity: LintSeverity;
  /** As the configuration's reader was given it, or as `include` leads to it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** What stands there. */
  readonly what: string;
  /** What it does to the spread: one sentence that can be understood alone. */
  readonly why: string;
  /** The lines that mend it, in nginx's language. */
  readonly fix: readonly string[];
}

/** The result of looking through one configuration. */
export interface LintReport {
  readonly tool: { readonly version: string };
  /** The main file as it was given, or `stdin`. */
  readonly file: string;
  /** Upstream blocks that were looked at. */
  readonly upstreams: number;
  /** All rules, in the order of `docs/lint.md`. */
  readonly rules: readonly LintRule[];
  /** In the order of files and lines. */
  readonly findings: readonly LintFinding[];
  /** Findings left out because their line says `# lbbench-disable-line RULE`. */
  readonly suppressed: number;
  /** Included files that could not be read, so that nobody looked at them. */
  readonly unread: readonly string[];
}
