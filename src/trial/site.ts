import { realpathSync } from 'node:fs';
import { readWhole, UnreadableFile } from '../files/read-whole.js';
import type { Algorithm } from '../model/algorithm.js';
import { type Fault, LbbenchError } from '../model/fault.js';
import { methodNames } from '../nginx/algorithm.js';
import { chooseUpstream } from '../nginx/choose-upstream.js';
import { directivesAt, directivesNamed } from '../nginx/config/directive.js';
import { methodEditor } from '../nginx/config/edit.js';
import { type ConfigFiles, diskFiles } from '../nginx/config/files.js';
import { parseConfig } from '../nginx/config/parse.js';
import { readConfig } from '../nginx/config/read.js';
import type { UpstreamBlock } from '../nginx/upstream.js';
import { shown } from '../text/shown.js';

/** Where the method of one `upstream` block stands on the disk, and what the file would be with another one. */
export interface Site {
  /** Real path of the configuration that nginx is started with. */
  readonly conf: string;
  /** Real path of the file that the block is in. */
  readonly file: string;
  readonly block: UpstreamBlock;
  /** 1-based line of the method, or where one would be put. */
  readonly line: number;
  readonly original: Buffer;
  with(algorithm: Algorithm): Buffer;
}

/** What tools write into files that they will write again. */
const generated =
  /\b(?:auto(?:matically)?[- ]?generated|generated (?:by|from|with|automatically)|do not (?:edit|modify|change)|(?:ansible|puppet|chef|salt|terraform) managed|managed by (?:ansible|puppet|chef|salt(?:stack)?|terraform|cfengine)|this file is (?:managed|maintained)|docker-gen|consul-template|configuration checksum)\b/i;
/** Mounted ConfigMaps of Kubernetes, and the store of Nix. */
const generatedPath = /\/\.\.(?:data|\d{4}_)|^\/nix\/store\//;

/**
 * Finds the block that is to be changed. Refuses where it is not sure that its method is one line in one file, that
 * nobody else writes and that stands in for nothing but this block.
 *
 * @param conf the file that nginx is started with
 * @throws LbbenchError of kind `usage`
 */
export function findSite(conf: string, upstream: string): Site {
  const { config, reads } = read(conf);
  if (directivesAt(config, 'http').length === 0) {
    throw refusal({
      file: conf,
      message: 'expected a whole configuration with http { … }, got a piece of one',
      hint: 'name the file that nginx is started with; nginx -t prints it',
    });
  }
  const block = blockNamed(upstream, conf, config);
  const { directive } = block;
  const at = directive.at?.file ?? conf;
  const file = realpathSync(at);
  expectAlone(block, reads.get(file) ?? 0);
  const original = bytesOf(file);
  expectWrittenByHand(original, file, directive.at?.line);
  const latin1 = (text: string) => Buffer.from(text).toString('latin1');
  // One character a byte, so that what is not UTF-8 stays as it is.
  const editor = methodEditor(original.toString('latin1'), latin1(upstream), at);
  if (!editor.ok) throw refusal(...editor.faults);
  return {
    conf: realpathSync(conf),
    file,
    block,
    line: editor.value.line,
    original,
    with: (algorithm) => Buffer.from(editor.value.with(algorithm), 'latin1'),
  };
}

/** The real paths of a configuration and of all its files. @throws LbbenchError of kind `usage` */
export function filesOf(conf: string): { readonly conf: string; readonly files: readonly string[] } {
  const { reads } = read(conf);
  return { conf: realpathSync(conf), files: [...reads.keys()] };
}

function read(conf: string) {
  const reads = new Map<string, number>();
  const files: ConfigFiles = {
    list: diskFiles.list,
    read(path) {
      const text = diskFiles.read(path);
      const real = realpathSync(path);
      reads.set(real, (reads.get(real) ?? 0) + 1);
      return text;
    },
  };
  const config = readConfig(conf, files);
  if (!config.ok) throw refusal(...config.faults.map((fault) => ({ file: conf, ...fault })));
  return { config: config.value, reads };
}

function blockNamed(name: string, conf: string, config: Parameters<typeof chooseUpstream>[0]): UpstreamBlock {
  const http = directivesAt(config, 'http');
  const [, again] = directivesNamed(http, 'upstream').filter(({ args }) => args[0] === name);
  if (again !== undefined) {
    throw refusal({
      ...again.at,
      message: `expected one block upstream ${shown(name)}, got a second one`,
      hint: 'nginx refuses that too',
    });
  }
  const chosen = chooseUpstream(http, name, () => 'name it with --upstream');
  if (chosen.ok) return chosen.block;
  if (chosen.about === 'block') throw refusal(...chosen.faults);
  throw refusal({ file: conf, path: '--upstream', message: chosen.message, hint: chosen.hint });
}

function expectAlone({ directive, unmodelled, warnings }: UpstreamBlock, reads: number): void {
  const { at, block = [] } = directive;
  if (reads > 1) {
    throw refusal({
      ...at,
      message: `expected the file of the block to be included once, got it ${reads} times`,
      hint: 'a change there would change more than this block',
    });
  }
  const [unknown] = unmodelled;
  if (unknown !== undefined) {
    throw refusal({
      ...unknown.at,
      message: `expected only directives whose part in the choice is known, got ${shown(unknown.name)}`,
      hint: 'with it, more than the method decides who serves a request',
    });
  }
  if (warnings.length > 0) throw refusal(...warnings);
  const elsewhere = block.find(({ name, at: own }) => methodNames.has(name) && own?.file !== at?.file);
  if (elsewhere !== undefined) {
    throw refusal({
      ...elsewhere.at,
      message: 'expected the method in the same file as its block, got it in one that is included there',
      hint: 'other blocks may include it too',
    });
  }
}

function bytesOf(file: string): Buffer {
  try {
    return readWhole(file);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw refusal({ file, message: `expected a file of the configuration, got ${error.found}` });
  }
}

function expectWrittenByHand(bytes: Buffer, file: string, line: number | undefined): void {
  const signs: Fault[] = [];
  parseConfig(bytes.toString(), file, (comment, at) => {
    if (generated.test(comment))
      signs.push({ ...at(), message: `expected a file written by hand, got ${shown(comment)}` });
  });
  if (generatedPath.test(file))
    signs.push({ file, line, message: 'expected a file written by hand, got one that is put there' });
  const [sign] = signs;
  if (sign === undefined) return;
  throw refusal({ ...sign, hint: 'whoever writes it may write it again in the middle of a run' });
}

function refusal(...faults: readonly Fault[]): LbbenchError {
  return new LbbenchError('usage', faults);
}
