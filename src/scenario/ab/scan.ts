/** One thing on the command line, in the order given. */
export type ScannedArgument =
  | { readonly kind: 'flag'; readonly letter: string; readonly value: string }
  | { readonly kind: 'long'; readonly name: string; readonly value: string | undefined }
  | { readonly kind: 'operand'; readonly text: string }
  | { readonly kind: 'illegal'; readonly name: string }
  | { readonly kind: 'missing'; readonly name: string };

const bareLetters = 'lrkVhwiIdSq';
const valueLetters = 'nctsbTpuvxyzCHPAgXeBmZfE';

/** Long options by name; true for those with a value. */
export type LongOptions = Readonly<Record<string, boolean>>;

/**
 * Splits a command line by getopt's rules: `-kc 10`, `-n10`, `-n 10`, `--` ends the options. Beyond getopt,
 * long options take `--name value` or `--name=value`, and options may follow the URL.
 */
export function scan(argv: readonly string[], longOptions: LongOptions): ScannedArgument[] {
  const found: ScannedArgument[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--') {
      found.push(...rest.map((text) => ({ kind: 'operand', text }) as const));
      break;
    }
    if (argument.startsWith('--')) found.push(scanLong(argument.slice(2), rest, longOptions));
    else if (argument.startsWith('-') && argument !== '-')
      found.push(...scanCluster(argument.slice(1), rest));
    else found.push({ kind: 'operand', text: argument });
  }
  return found;
}

/** Letters up to the first that takes a value: the rest of the cluster, or else the next argument. */
function scanCluster(cluster: string, rest: string[]): ScannedArgument[] {
  const found: ScannedArgument[] = [];
  for (const [index, letter] of [...cluster].entries()) {
    if (valueLetters.includes(letter)) {
      const value = [...cluster].slice(index + 1).join('') || rest.shift();
      found.push(value === undefined ? { kind: 'missing', name: letter } : { kind: 'flag', letter, value });
      return found;
    }
    found.push(
      bareLetters.includes(letter) ? { kind: 'flag', letter, value: '' } : { kind: 'illegal', name: letter },
    );
  }
  return found;
}

function scanLong(text: string, rest: string[], longOptions: LongOptions): ScannedArgument {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  const takesValue = Object.hasOwn(longOptions, name) ? longOptions[name] : undefined;
  if (takesValue === undefined || (!takesValue && equals !== -1))
    return { kind: 'illegal', name: `-${text}` };
  if (!takesValue) return { kind: 'long', name, value: undefined };
  const value = equals === -1 ? rest.shift() : text.slice(equals + 1);
  return value === undefined ? { kind: 'missing', name: `-${name}` } : { kind: 'long', name, value };
}
