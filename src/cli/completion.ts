import type { Command, Option } from 'commander';

/** A shell's completion of commands and their flags; other words are files. */
export const completion = { bash, zsh, fish } satisfies Record<string, (program: Command) => string>;

function bash(program: Command): string {
  const cases = program.commands.map(
    (command) => `    ${command.name()}) words=${quoted(flagsOf(command).join(' '))} ;;`,
  );
  return `_lbbench() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(namesOf(program).join(' '))} -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=() ;;
  esac
}
complete -o default -F _lbbench lbbench
`;
}

function zsh(program: Command): string {
  const described = (name: string, text: string) => quoted(`${name.replaceAll(':', '\\:')}:${text}`);
  const commands = program.commands.map((command) => described(command.name(), command.description()));
  const cases = program.commands.map((command) => {
    const flags = command.options.flatMap((option) =>
      wordsOf(option).map((word) => described(word, option.description)),
    );
    return `    ${command.name()}) flags=(${flags.join(' ')}) ;;`;
  });
  return `#compdef lbbench
_lbbench() {
  local -a commands flags
  commands=(${commands.join(' ')})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then
    _describe flag flags
  else
    _files
  fi
}
compdef _lbbench lbbench
`;
}

function fish(program: Command): string {
  const lines = program.commands.flatMap((command) => {
    const ours = `-n ${quoted(`__fish_seen_subcommand_from ${command.name()}`)}`;
    return [
      `complete -c lbbench -n __fish_use_subcommand -f -a ${command.name()} -d ${quoted(command.description())}`,
      ...command.options.map((option) => {
        const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
        const long = option.long === undefined ? '' : ` -l ${option.long.slice(2)}`;
        const value = option.required ? ' -r' : '';
        return `complete -c lbbench ${ours}${short}${long}${value} -d ${quoted(option.description)}`;
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}

const namesOf = (program: Command) => program.commands.map((command) => command.name());
const flagsOf = (command: Command) => command.options.flatMap(wordsOf);
const wordsOf = ({ short, long }: Option) => [short, long].filter((word) => word !== undefined);

/** One word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
