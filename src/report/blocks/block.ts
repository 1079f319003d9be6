import type { ThresholdResult, Verdict } from '../../model/report.js';

/** What is said of a report, apart from how a terminal, Markdown or a page shows it. */
export type Block = Heading | Note | Facts | Table | Choice | Warnings | Checks;

/** Blocks that belong together; there is space between one paragraph and the next. */
export type Paragraph = readonly Block[];

export type Medium = 'terminal' | 'markdown' | 'html';

/** How what is said is to be taken. */
export type Mood = 'good' | 'bad' | 'doubtful' | 'quiet';

/** A short text. A plain string is of our own words and figures, and harmless everywhere. */
export type Said = string | Words;

export interface Words {
  readonly text: string;
  /** What comes from outside, which each medium makes harmless in its own way: a name, or a sentence that may hold names. */
  readonly is?: 'name' | 'sentence' | undefined;
  readonly mood?: Mood | undefined;
  /** As much of it as tells it from its neighbours, where a note says the rest. */
  readonly short?: string | undefined;
  /** A row that is a part of the one above. */
  readonly isPart?: boolean | undefined;
  /** Our own words behind a name. */
  readonly suffix?: string | undefined;
  /** A second figure beside the first: the share of a count. */
  readonly aside?: string | undefined;
  /** What is less important, below: the range of a median. A row in which anything has it takes two lines. */
  readonly below?: string | undefined;
  /** How far a figure is off as a bar, -1 to 1 of the length there is; the head of its column names its two ends. */
  readonly bar?: number | undefined;
  /** How much as a bar from the left, 0 to 1 of the length there is. */
  readonly length?: number | undefined;
  /** The best of its column, where a table sets things side by side. */
  readonly isBest?: boolean | undefined;
}

export interface Heading {
  readonly kind: 'heading';
  readonly text: string;
  /** Below the heading of a run instead of beside it. */
  readonly isInside?: boolean | undefined;
}

export interface Note {
  readonly kind: 'note';
  readonly text: string;
  readonly tone?: 'quiet' | 'strong' | undefined;
  /** About the report instead of a run. */
  readonly isOutside?: boolean | undefined;
  /** Its further lines are indented. */
  readonly isHanging?: boolean | undefined;
}

/** A figure with its name and what to know about it. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly note?: string | undefined;
  readonly mood?: 'bad' | 'doubtful' | undefined;
}

export interface Facts {
  readonly kind: 'facts';
  readonly facts: readonly Fact[];
}

export interface Table {
  readonly kind: 'table';
  /** What its rows are, where nothing else says it: the terminal writes it over the first column. */
  readonly title?: string | undefined;
  /** The first column names the rows. */
  readonly columns: readonly Column[];
  /** Text without a terminal shows all of it, however wide it gets. */
  readonly isWhole?: boolean | undefined;
}

export interface Column {
  readonly head: Said;
  /** Texts are aligned left, figures right. */
  readonly align: 'left' | 'right';
  /**
   * Where there is no room, columns with the highest number are left out first. A column without a number is never left
   * out: what matters, and all that is trouble, goes below the rest.
   */
  readonly givesWay?: number | undefined;
  /** It belongs to the column before it, and goes where that goes. */
  readonly isJoined?: boolean | undefined;
  /** What others are read against: where there is room, it stands again beside what goes below. */
  readonly isRepeated?: boolean | undefined;
  /** Media that show it; all when it is not given. */
  readonly only?: readonly Medium[] | undefined;
  /** One for each row. */
  readonly cells: readonly Said[];
}

/** The same in several shapes: the first that fits, or the last. */
export interface Choice {
  readonly kind: 'choice';
  readonly shapes: readonly (readonly [Table, ...(readonly Note[])])[];
}

export interface Warnings {
  readonly kind: 'warnings';
  readonly warnings: readonly WarningLine[];
}

export interface WarningLine {
  readonly code?: string | undefined;
  /** What it is about, where several things are warned of together. */
  readonly about?: string | undefined;
  readonly text: string;
}

/** Every rule with its value and verdict, and the verdict of them all. */
export interface Checks {
  readonly kind: 'checks';
  readonly thresholds: readonly ThresholdResult[];
  /** `undefined` without thresholds. */
  readonly verdict: Verdict | undefined;
  /** What must be known with the verdict, as sentences without full stop; names in them come from outside. */
  readonly remarks: readonly string[];
  /** There are several runs, so that each result says of which one it is. */
  readonly ofRuns: boolean;
}

/** A name from outside: of a backend, a run, a file. */
export function name(text: string, more: Omit<Words, 'text' | 'is'> = {}): Words {
  return { ...more, text, is: 'name' };
}

export function facts(...all: readonly (Fact | undefined)[]): Facts {
  return { kind: 'facts', facts: all.filter((fact) => fact !== undefined) };
}

type ColumnOptions = Omit<Column, 'head' | 'align' | 'cells'>;

/** Columns of a table with these rows. */
export function columnsOver<Row>(rows: readonly Row[]) {
  const column =
    (align: 'left' | 'right') =>
    (head: Said, cell: (row: Row, index: number) => Said, options: ColumnOptions = {}): Column => ({
      ...options,
      head,
      align,
      cells: rows.map(cell),
    });
  return { text: column('left'), figure: column('right') };
}

/** A column of trouble, such as errors or retries: nothing makes it give way where it has anything to say. */
export function trouble(column: Column): Column {
  return column.cells.some(isAny) ? { ...column, givesWay: undefined } : column;
}

/** The same for one that is not shown where it has nothing to say. */
export function onlyTrouble(column: Column): Column[] {
  return column.cells.some(isAny) ? [{ ...column, givesWay: undefined }] : [];
}

function isAny(cell: Said): boolean {
  return cell !== '0' && cell !== '';
}
