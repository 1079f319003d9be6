import { resolve } from 'node:path';
import { UnreadableFile } from '../files/read-whole.js';
import type { ConfigFiles } from '../nginx/config/files.js';
import { shown } from '../text/shown.js';
import type { FaultLog } from './fault-log.js';
import type { Path } from './place.js';

/** The file system as a scenario needs it. */
export interface FileSource {
  /** @throws UnreadableFile also for what is no file or too large for one that a scenario names */
  readFile(path: string): Uint8Array;
  /**
   * Reads a file of any size piece by piece, until `take` says that it has enough; without it, files are read whole.
   *
   * @throws UnreadableFile
   */
  readPieces?(path: string, take: (piece: Uint8Array) => boolean): void;
  /** The names in a folder, or throws; only for `include` patterns of an nginx configuration. */
  listFolder(path: string): readonly string[];
}

/** The files that a scenario names, looked for beside it and each read once. */
export class ScenarioFiles {
  private readonly known = new Map<string, Uint8Array>();

  constructor(
    private readonly baseDir: string,
    private readonly source: FileSource,
    private readonly faults: FaultLog,
  ) {}

  resolve(name: string): string {
    return resolve(this.baseDir, name);
  }

  /** The bytes of a file; `undefined`, with a fault at `path`, when it cannot be read. */
  read(name: string, path: Path): Uint8Array | undefined {
    const full = this.resolve(name);
    try {
      const bytes = this.known.get(full) ?? this.source.readFile(full);
      this.known.set(full, bytes);
      return bytes;
    } catch (error) {
      this.#unreadable(error, name, path);
      return undefined;
    }
  }

  /** The bytes of a file of any size, piece by piece; false, with a fault at `path`, when it cannot be read. */
  eachPiece(name: string, path: Path, take: (piece: Uint8Array) => boolean): boolean {
    const full = this.resolve(name);
    try {
      if (this.source.readPieces === undefined) take(this.source.readFile(full));
      else this.source.readPieces(full, take);
      return true;
    } catch (error) {
      this.#unreadable(error, name, path);
      return false;
    }
  }

  /** A whole file as UTF-8 text. */
  readText(name: string, path: Path): string | undefined {
    const bytes = this.read(name, path);
    if (bytes === undefined) return undefined;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      this.faults.add({
        path,
        blame: 'value',
        message: `expected a file in UTF-8, got other bytes in ${shown(name)}`,
        hint: 'convert it, or send it as it is with the key file',
      });
      return undefined;
    }
  }

  #unreadable(error: unknown, name: string, path: Path): void {
    if (!(error instanceof UnreadableFile)) throw error;
    this.faults.add({
      path,
      blame: 'value',
      message: `expected a readable file, got ${shown(name)}: ${error.message}`,
      hint: `looked for ${shown(this.resolve(name), 300)}; files are looked for beside the scenario`,
    });
  }

  /** The same file system for the reader of nginx configurations; paths are full ones. */
  asConfigFiles(): ConfigFiles {
    return {
      read: (path) => new TextDecoder().decode(this.source.readFile(path)),
      list: (directory) => this.source.listFolder(directory),
    };
  }
}
