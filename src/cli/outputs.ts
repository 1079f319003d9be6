import { LbbenchError } from '../model/fault.js';
import type { Report } from '../model/report.js';
import type { ExportFormat } from '../report/export-formats.js';
import type { Io } from './io.js';
import { type OutputFile, openOutput } from './output-file.js';

/**
 * Runs a command with its outputs, which are closed behind it however it ends.
 *
 * @throws LbbenchError when not everything could be written; what went wrong before that is thrown instead
 */
export async function withOutputs<T>(io: Io, use: (outputs: Outputs) => Promise<T>): Promise<T> {
  const outputs = new Outputs(io);
  let result: T;
  try {
    result = await use(outputs);
  } catch (error) {
    try {
      outputs.close();
    } catch {
      // The first error is the one to tell.
    }
    throw error;
  }
  outputs.close();
  return result;
}

/** All outputs of a command, of which no two may go to the same place. */
export class Outputs {
  readonly #files: OutputFile[] = [];
  readonly #exports: { readonly format: ExportFormat; readonly file: OutputFile }[] = [];

  constructor(readonly io: Io) {}

  /**
   * @param path `-` is stdout; `undefined` when it was not asked for
   * @param kind `whole` replaces what is there by one text in one step; `stream` is written as its lines come
   * @throws LbbenchError when it cannot be opened or is taken
   */
  open(flag: string, path: string, kind?: 'whole' | 'stream'): OutputFile;
  open(flag: string, path: string | undefined, kind?: 'whole' | 'stream'): OutputFile | undefined;
  open(flag: string, path: string | undefined, kind: 'whole' | 'stream' = 'whole'): OutputFile | undefined {
    if (path === undefined) return undefined;
    const file = openOutput(flag, path, kind, this.io);
    this.#files.push(file);
    this.#refuseTaken(file);
    return file;
  }

  /** @throws LbbenchError when one of the `--export-…` flags names what cannot be opened or is taken */
  openExports(paths: Readonly<Partial<Record<ExportFormat, string>>>): void {
    for (const [format, path] of Object.entries(paths))
      this.#exports.push({
        format: format as ExportFormat,
        file: this.open(`--export-${format}`, path),
      });
  }

  /** True when one of them goes to stdout, which then carries nothing else. */
  get takeStdout(): boolean {
    return this.#files.some(({ path }) => path === '-');
  }

  async writeExports(report: Report): Promise<void> {
    if (this.#exports.length === 0) return;
    const { exporters } = await import('../report/exporters.js');
    for (const { format, file } of this.#exports) await file.write(await exporters[format](report));
  }

  /** @throws LbbenchError of the first that could not be written; the others are closed all the same */
  close(): void {
    const errors = this.#files.flatMap((file) => {
      try {
        file.close();
        return [];
      } catch (error) {
        return [error];
      }
    });
    if (errors.length > 0) throw errors[0];
  }

  #refuseTaken(file: OutputFile): void {
    const { place } = file;
    if (place === undefined) return;
    const owner = this.#files.find((other) => other !== file && other.place === place);
    if (owner === undefined) return;
    const expected = file.path === '-' ? 'a file' : 'another file';
    throw new LbbenchError('usage', [
      {
        path: file.flag,
        message: `expected ${expected}, got ${JSON.stringify(file.path)}, which ${owner.flag} has taken`,
      },
    ]);
  }
}
