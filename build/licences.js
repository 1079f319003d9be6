import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licences of all packages that went into a bundle, each with its text.
 *
 * @param {readonly string[]} inputs files
 * @throws where a package says nothing of its licence: what may not be passed on must not be in a bundle
 */
export function licencesOf(inputs) {
  const folders = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const texts = [...folders].map((folder) => licenceIn(folder));
  return `This package contains code of the following packages.\n\n${[...new Set(texts)].sort().join('\n')}`;
}

/** @param {string} folder of a package */
function licenceIn(folder) {
  const { name, version, license, author, homepage } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  if (typeof license !== 'string') throw new Error(`${name}: expected a licence in its package.json`);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const by = typeof author === 'string' ? author : author?.name;
  const text =
    file === undefined ? [by, homepage].filter(Boolean).join('\n') : readFileSync(join(folder, file), 'utf8');
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text.trim()}\n`;
}
