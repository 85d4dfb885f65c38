/** What a command is made of. */

export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the help: `NAME=VALUE`. */
  readonly value?: string;
  readonly doc: string;
}

export interface Command {
  /** Arguments as the help shows them: `GRAPH -o IMAGE`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Fewest and most arguments besides options. */
  readonly positionals: readonly [number, number];
  /** It reads its arguments itself: they are all positional. */
  readonly raw?: boolean;
  run(call: Call): Promise<number>;
}

/** Commands by name. They are loaded when they are called: starting up counts. */
export type CommandTable = Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<{ command: Command }> }>>;

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', doc: 'One JSON document on standard output.' },
  help: { type: 'boolean', short: 'h', doc: 'Show this help.' },
} as const satisfies Record<string, CommandOption>;

export class Call {
  constructor(
    readonly positionals: readonly string[],
    private readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>,
    /** One JSON document on standard output instead of text. */
    readonly json: boolean,
    /** All commands there are, for those that tell of others. */
    readonly commands: CommandTable,
  ) {}

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  /** Prints the result: text for people, or the document. */
  print(text: string | (() => string), document: unknown): void {
    process.stdout.write(this.json ? `${JSON.stringify(document, null, 2)}\n` : `${typeof text === 'string' ? text : text()}\n`);
  }
}

/** The user's mistake in calling the command itself: exit code 2. */
export class UsageError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** The value of an option that is a whole number from 0 to `most`. */
export function wholeNumber(call: Call, option: string, otherwise: number, most: number): number {
  const text = call.text(option);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new UsageError('WL1391', `--${option} ${text} is not a whole number from 0 to ${most}`);
}

/** Options of all commands that read graphs. */
export const GRAPH_OPTIONS = {
  set: { type: 'string', multiple: true, value: 'NAME=VALUE', doc: 'Set a parameter of the graph.' },
  elements: { type: 'string', multiple: true, value: 'DIR', doc: 'A folder with elements of your own.' },
} as const satisfies Record<string, CommandOption>;

/** The values of GRAPH_OPTIONS. */
export function loadOptions(call: Call): { set: Record<string, string>; elementFolders: string[] } {
  const set: Record<string, string> = {};
  for (const pair of call.list('set')) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new UsageError('WL1391', `--set ${pair} has no value`, 'Write --set NAME=VALUE.');
    set[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return { set, elementFolders: call.list('elements') };
}
