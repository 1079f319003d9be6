import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';

const required = process.env.LBBENCH_REQUIRE_ALL === '1';

/** A file system in memory, mounted in a folder of its own: a disk that may be full or read-only. */
export class SmallDisk implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'lbbench-disk-'));

  constructor(kilobytes: number) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', this.folder], {
      stdio: 'pipe',
    });
  }

  /** Leaves room for so many bytes, rounded to pages of 4 KiB. */
  fill(leftBytes = 0): void {
    const file = openSync(join(this.folder, 'filler'), 'w');
    const page = Buffer.alloc(4_096);
    try {
      for (;;) writeSync(file, page);
    } catch {
      // Full.
    } finally {
      closeSync(file);
    }
    if (leftBytes > 0) {
      execFileSync('truncate', ['-s', `-${leftBytes}`, join(this.folder, 'filler')]);
    }
  }

  makeReadOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.folder], { stdio: 'pipe' });
  }

  [Symbol.dispose](): void {
    // Lazily: something in it may still be open where a test has failed.
    spawnSync('umount', ['-l', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function canMount(): boolean {
  try {
    using _ = new SmallDisk(4);
    return true;
  } catch {
    return false;
  }
}

const isAvailable = canMount();
if (!isAvailable && !required) {
  console.warn(
    'no file system can be mounted here (root on Linux can): the tests of full disks are left out',
  );
}

/** A `describe` for tests with small disks. Without them they are left out, or fail under LBBENCH_REQUIRE_ALL=1. */
export const describeWithSmallDisk = describe.skipIf(!isAvailable && !required);
