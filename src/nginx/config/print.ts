import { formatWord } from '../words.js';
import type { Directive } from './directive.js';

/**
 * Writes directives as an nginx configuration. Whatever their words contain, `parseConfig` (and nginx) read the
 * same directives back: a word can never become a second directive, a block or a comment. nginx itself refuses
 * words of more than 4095 bytes.
 */
export function printConfig(directives: readonly Directive[]): string {
  return directives.map((directive) => print(directive, '')).join('');
}

function print({ name, args, block, lua }: Directive, indent: string): string {
  const words = [name, ...args].map(formatWord).join(' ');
  if (lua !== undefined) return `${indent}${words} {${lua}}\n`;
  if (block === undefined) return `${indent}${words};\n`;
  if (block.length === 0) return `${indent}${words} {}\n`;
  return `${indent}${words} {\n${block.map((inner) => print(inner, `${indent}    `)).join('')}${indent}}\n`;
}
