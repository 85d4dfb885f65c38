import { COMMAND_NAMES } from '../main.js';
import { UsageError, type Command } from '../command.js';

const SCRIPTS: Readonly<Record<string, (names: string) => string>> = {
  bash: (names) => `_wirelet() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names}" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _wirelet wirelet`,
  zsh: (names) => `#compdef wirelet
_wirelet() {
  if (( CURRENT == 2 )); then compadd ${names}; else _files; fi
}
compdef _wirelet wirelet`,
  fish: (names) => `complete -c wirelet -n __fish_use_subcommand -f -a "${names}"`,
};

export const command: Command = {
  usage: 'SHELL',
  summary: `Prints completions for ${Object.keys(SCRIPTS).join(', ')}: source <(wirelet completion bash)`,
  options: {},
  positionals: [1, 1],
  async run(call) {
    const shell = call.positionals[0]!;
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    if (script === undefined) throw new UsageError('WL1393', `there are no completions for ${shell}`, `There are ones for ${Object.keys(SCRIPTS).join(', ')}.`);
    const text = script(COMMAND_NAMES.join(' '));
    call.print(text, { shell, script: text });
    return 0;
  },
};
