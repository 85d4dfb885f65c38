/** The command line: finds the command, reads its options, turns failures into messages and exit codes. */
import { parseArgs } from 'node:util';
import { readFileSync } from 'node:fs';
import { ModulesApart } from '../modules-apart.js';
import { Call, COMMON_OPTIONS, UsageError, type Command, type CommandOption, type CommandTable } from './command.js';

/** Every command of the command line. */
export const COMMANDS: CommandTable = {
  check: { summary: 'say everything that is wrong with graphs', load: () => import('./commands/check.js') },
  explain: { summary: "show what a stage makes of a graph, or an element's TypeScript beside its C", load: () => import('./commands/explain.js') },
  build: { summary: 'make an image of a graph', load: () => import('./commands/build.js') },
  inspect: { summary: 'show what an image says about itself', load: () => import('./commands/inspect.js') },
  run: { summary: 'run a graph or an image', load: () => import('./commands/run.js') },
  attach: { summary: 'control an appliance that another VMM runs', load: () => import('./commands/attach.js') },
  read: { summary: 'read a handler of a running appliance', load: () => import('./commands/read.js') },
  write: { summary: 'write to a handler of a running appliance', load: () => import('./commands/write.js') },
  snapshot: { summary: 'write what a running appliance knows to a file', load: () => import('./commands/snapshot.js') },
  trace: { summary: 'show what becomes of packets, element by element', load: () => import('./commands/trace.js') },
  tap: { summary: 'copy the frames at an edge of a running appliance', load: () => import('./commands/tap.js') },
  up: { summary: 'start a site: appliances wired by a switch', load: () => import('./commands/up.js') },
  down: { summary: 'end the running site', load: () => import('./commands/down.js') },
  ps: { summary: 'show the appliances of the running site', load: () => import('./commands/ps.js') },
  top: { summary: 'watch the running site', load: () => import('./commands/top.js') },
  logs: { summary: 'show what an appliance of a site wrote', load: () => import('./commands/logs.js') },
  swap: { summary: 'put another graph or image in the place of an appliance', load: () => import('./commands/swap.js') },
  replay: { summary: 'run an appliance into a fault that was recorded', load: () => import('./commands/replay.js') },
  deploy: { summary: 'make an image, and the files by which another engine runs it', load: () => import('./commands/deploy.js') },
  restart: { summary: 'start an appliance of the running site anew', load: () => import('./commands/restart.js') },
  schema: { summary: 'print the JSON Schema of graph files', load: () => import('./commands/schema.js') },
  elements: { summary: 'list the element classes there are', load: () => import('./commands/elements.js') },
  docs: { summary: 'show the manual of an element class', load: () => import('./commands/docs.js') },
  'new-element': { summary: 'write an element of your own that works', load: () => import('./commands/new-element.js') },
  init: { summary: 'begin a folder with a graph to start from', load: () => import('./commands/init.js') },
  click: { summary: "stand in for Click's user-level driver", load: () => import('./commands/click.js') },
  'click-flatten': { summary: 'print a configuration with its compounds taken apart', load: () => import('./commands/click-flatten.js') },
  import: { summary: 'make a YAML graph of a Click configuration', load: () => import('./commands/import.js') },
  export: { summary: 'make a Click configuration of a graph', load: () => import('./commands/export.js') },
  bench: { summary: 'measure a graph, or how fast appliances boot', load: () => import('./commands/bench.js') },
  studio: { summary: 'show a graph or a running appliance in a browser', load: () => import('./commands/studio.js') },
  doctor: { summary: 'say what this machine has, and what mends what it lacks', load: () => import('./commands/doctor.js') },
  completion: { summary: 'print completions for a shell', load: () => import('./commands/completion.js') },
};

/** Exit codes; see docs/cli.md. */
const EXIT = { done: 0, failed: 1, usage: 2, missing: 3 } as const;

/** Runs `wirelet` with these arguments; its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough, such as head, is not a failure.
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    report('WL4900', `what is printed cannot be written: ${error.code ?? error.message}`, 'Look where standard output leads: a full disk (df -h), or a file that may not be written.', false);
    process.exit(EXIT.failed);
  });
  const json = args.includes('--json');
  try {
    return await dispatch(args, json);
  } catch (error) {
    if (error instanceof ModulesApart) throw error;
    return fail(error, json);
  }
}

async function dispatch([name, ...rest]: readonly string[], json: boolean): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(generalHelp());
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(`${version()}\n`);
    return EXIT.done;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    const { suggestion } = await import('../suggest.js');
    throw new UsageError('WL1390', `there is no command "${name}"`, suggestion(name, Object.keys(COMMANDS)) ?? 'wirelet --help lists them.');
  }
  const { command } = await entry.load();
  if (command.raw === true) return command.run(new Call(rest, {}, json, COMMANDS));
  const options = { ...command.options, ...COMMON_OPTIONS };
  const { values, positionals } = await readOptions(name, rest, options);
  if (values['help'] === true) {
    process.stdout.write(commandHelp(name, command, options));
    return EXIT.done;
  }
  const [least, most] = command.positionals;
  if (positionals.length < least || positionals.length > most) {
    const problem = positionals.length < least ? 'too few arguments' : `one argument too many: ${positionals[most]}`;
    throw new UsageError('WL1392', `wirelet ${name}: ${problem}`, `It is called so: wirelet ${name} ${command.usage}`);
  }
  return command.run(new Call(positionals, values, json, COMMANDS));
}

async function readOptions(name: string, args: readonly string[], options: Readonly<Record<string, CommandOption>>) {
  const config = Object.fromEntries(
    Object.entries(options).map(([option, { type, short, multiple }]) => [option, { type, multiple: multiple ?? false, ...(short === undefined ? {} : { short }) }]),
  );
  try {
    return parseArgs({ args: [...args], options: config, allowPositionals: true, strict: true });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const unknown = /'(-[^'\s,]+)/.exec(message)?.[1] ?? '';
      const { nearest } = await import('../suggest.js');
      const near = nearest(unknown.replace(/^-+/, ''), Object.keys(options));
      throw new UsageError('WL1391', `wirelet ${name} has no option ${unknown}`, near === undefined ? `wirelet ${name} --help lists its options.` : `Did you mean --${near}?`);
    }
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
      const option = /'(?:-\w, )?--?([\w-]+)/.exec(message)?.[1] ?? '';
      const value = options[option]?.value;
      throw new UsageError('WL1391', value === undefined ? `--${option} takes no value` : `--${option} needs a value`, value && `Write --${option} ${value}.`);
    }
    throw error;
  }
}

// ---- failures --------------------------------------------------------------------------------------------

/** Says what went wrong; the exit code. */
export async function fail(error: unknown, json: boolean): Promise<number> {
  const { DiagnosticError, formatDiagnostic, toJson } = await import('../diagnostics.js');
  const { Unavailable } = await import('../unavailable.js');
  if (error instanceof DiagnosticError) {
    if (json) document({ ok: false, diagnostics: error.diagnostics.map(toJson) });
    else for (const diagnostic of error.diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
    return EXIT.failed;
  }
  if (error instanceof UsageError) {
    report(error.code, error.message, error.hint, json);
    return EXIT.usage;
  }
  if (error instanceof Unavailable) {
    report(error.code, error.message, error.fix === '' ? undefined : error.fix, json);
    return EXIT.missing;
  }
  const { fileProblem } = await import('./file-problem.js');
  const known = fileProblem(error as NodeJS.ErrnoException);
  if (known !== undefined) {
    report('WL4900', known.message, known.hint, json);
    return EXIT.failed;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  report('WL9000', `something went wrong within Wirelet: ${message}`, 'This is a defect: please report it with the command line and the graph.', json);
  process.stderr.write(`${stack ?? ''}\n`);
  return EXIT.failed;
}

function report(code: string, message: string, hint: string | undefined, json: boolean): void {
  if (json) document({ ok: false, diagnostics: [{ code, severity: 'error', message, hint: hint ?? null, file: null, line: null, column: null }] });
  else process.stderr.write(`${code} error: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`);
}

function document(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

// ---- help -----------------------------------------------------------------------------------------------

function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  return text;
}

function generalHelp(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `Wirelet ${version()}: a graph of packet-processing elements becomes a network appliance.\n\nwirelet COMMAND [arguments]\n\n${rows.join('\n')}\n\nwirelet COMMAND --help shows a command's options; every command takes --json.\n`;
}

function commandHelp(name: string, command: Command, options: Readonly<Record<string, CommandOption>>): string {
  const heads = Object.entries(options).map(([option, { short, value }]) => `${short === undefined ? '' : `-${short}, `}--${option}${value === undefined ? '' : ` ${value}`}`);
  const width = Math.max(...heads.map((head) => head.length));
  const rows = Object.values(options).map(({ doc }, index) => `  ${heads[index]!.padEnd(width)}  ${doc}`);
  return `wirelet ${name} ${command.usage}\n\n${command.summary}\n\n${rows.join('\n')}\n`;
}
