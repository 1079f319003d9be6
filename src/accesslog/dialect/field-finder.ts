import type { Clock } from './clock.js';
import type { DurationField, LogFields, TextField, TimeField } from './dialect.js';

/** Finds a format's variables by their names; of several names the first that is there. */
export class FieldFinder {
  constructor(private readonly variables: readonly string[]) {}

  index(...names: readonly string[]): number | undefined {
    return names.map((name) => this.variables.indexOf(name)).find((index) => index >= 0);
  }

  /** Those of the names that are there. */
  all(...names: readonly string[]): readonly number[] {
    return names.flatMap((name) => this.index(name) ?? []);
  }

  text(...names: readonly string[]): TextField | undefined {
    const variable = this.index(...names);
    return variable === undefined ? undefined : { variable, part: 'whole' };
  }

  /** A part of the variable that holds the request line. */
  part(request: string, part: 'method' | 'target' | 'path'): TextField | undefined {
    const variable = this.index(request);
    return variable === undefined ? undefined : { variable, part };
  }

  /** Some times together less others; `undefined` when one of them is not there. */
  duration(
    unit: DurationField['unit'],
    plus: readonly string[],
    minus: readonly string[] = [],
  ): DurationField | undefined {
    const [adding, taking] = [this.all(...plus), this.all(...minus)];
    if (adding.length < plus.length || taking.length < minus.length) return undefined;
    return { plus: adding, minus: taking, unit };
  }

  /** @param clocks by variable, the most exact first */
  time(clocks: Readonly<Record<string, Clock>>, isStart: boolean): TimeField | undefined {
    const [name, clock] = Object.entries(clocks).find(([one]) => this.variables.includes(one)) ?? [];
    if (name === undefined || clock === undefined) return undefined;
    return { variable: this.variables.indexOf(name), clock, isStart };
  }
}

/** Of a format that carries nothing. */
export const noFields: LogFields = {
  backend: undefined,
  attemptStatus: undefined,
  attemptTime: undefined,
  headerTime: undefined,
  connectTime: undefined,
  status: undefined,
  requestTime: undefined,
  bodyBytes: undefined,
  sentBytes: undefined,
  time: undefined,
  uri: undefined,
  method: undefined,
  host: undefined,
  userAgent: undefined,
};
