import { COMMON_OPTIONS, UsageError, type Command, type CommandOption } from '../command.js';

/** A command as shells are told of it. */
interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly (readonly [name: string, option: CommandOption])[];
}

/** Single-quoted words of a shell; documentation has apostrophes. */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const optionWords = ({ options }: Completed) => options.map(([name]) => `--${name}`).join(' ');

/** What each shell reads: names of commands first, then a command's options, and else files. */
const SCRIPTS: Readonly<Record<string, (commands: readonly Completed[]) => string>> = {
  bash: (commands) => `_wirelet() {
  local word=\${COMP_WORDS[COMP_CWORD]} words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')}"
  else
    case $word in -*) case \${COMP_WORDS[1]} in
${commands.map((command) => `      ${command.name}) words="${optionWords(command)}" ;;`).join('\n')}
    esac ;; esac
  fi
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _wirelet wirelet`,
  zsh: (commands) => `#compdef wirelet
_wirelet() {
  local -a found
  if (( CURRENT == 2 )); then
    found=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary}`)}`).join('\n')}
    )
    _describe command found
  elif [[ $PREFIX == -* ]]; then
    case $words[2] in
${commands.map(({ name, options }) => `      ${name}) found=(${options.map(([option, { doc }]) => quoted(`--${option}:${doc.replaceAll(':', String.raw`\:`)}`)).join(' ')}) ;;`).join('\n')}
    esac
    _describe option found
  else
    _files
  fi
}
compdef _wirelet wirelet`,
  fish: (commands) =>
    commands
      .flatMap(({ name, summary, options }) => [
        `complete -c wirelet -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
        ...options.map(([option, { short, type, doc }]) => `complete -c wirelet -n '__fish_seen_subcommand_from ${name}' -l ${option}${short === undefined ? '' : ` -s ${short}`}${type === 'string' ? ' -r' : ''} -d ${quoted(doc)}`),
      ])
      .join('\n'),
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
    const commands = await Promise.all(
      Object.entries(call.commands).map(async ([name, { summary, load }]): Promise<Completed> => {
        const { raw, options } = (await load()).command;
        return { name, summary, options: Object.entries<CommandOption>(raw === true ? options : { ...options, ...COMMON_OPTIONS }) };
      }),
    );
    const text = script(commands);
    call.print(text, { shell, script: text });
    return 0;
  },
};
