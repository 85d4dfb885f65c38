/** The options of `wirelet click`: those of Click's user-level driver, which are written as it takes them. */

import { parseInteger } from '../kit/config.js';
import { wellKnownPort } from '../graph/well-known-ports.js';
import type { CommandOption } from './command.js';

export interface DriverOptions {
  expression?: string;
  file?: string;
  output?: string;
  exitHandler?: string;
  readonly handlers: string[];
  readonly set: Map<string, string>;
  readonly ports: string[];
  readonly unixSockets: string[];
  /** File descriptors of connections. */
  readonly sockets: string[];
  /** Microseconds since 1970. */
  simulated?: number;
  engine: 'node' | 'native';
  readonly devices: string[];
  threads: number;
  quit: boolean;
  time: boolean;
  allowReconfigure: boolean;
  warnings: boolean;
  show?: 'help' | 'version';
  /** What keeps the configuration from running, told with what is wrong with it. */
  readonly mistakes: string[];
}

/** What is wrong with the command line. */
export class OptionError extends Error {}

/** Time at which simulated time begins, unless said: 2001-09-09T01:46:40Z. */
export const SIMULATED_START_US = 1_000_000_000_000_000;

/** What an abbreviation may stand for: as many are told, as Click does. */
const POSSIBILITIES_MAX = 4;

/** `as`: the option as it was written. */
type Take = (options: DriverOptions, value: string, as: string) => void;

interface Option {
  readonly long: string;
  readonly short?: string;
  /** Name of its value; `optional`: only after an equals sign. */
  readonly value?: string;
  readonly optional?: boolean;
  readonly doc: string;
  readonly take: Take;
}

function configuration(which: 'file' | 'expression'): Take {
  return (options, value) => {
    if (options.file !== undefined || options.expression !== undefined) throw new OptionError('router configuration specified twice');
    options[which] = value;
  };
}

const OPTIONS: readonly Option[] = [
  { long: 'file', short: 'f', value: 'FILE', doc: 'Read the configuration from FILE; standard input without one.', take: configuration('file') },
  { long: 'expression', short: 'e', value: 'EXPR', doc: 'The configuration itself.', take: configuration('expression') },
  { long: 'handler', short: 'h', value: 'ELEMENT.H', doc: "Print ELEMENT's handler H after the run; ELEMENT may be a class or pattern.", take: (options, value) => void options.handlers.push(value) },
  { long: 'exit-handler', short: 'x', value: 'ELEMENT.H', doc: 'Exit with the value of that handler.', take: (options, value) => void (options.exitHandler = once(options.exitHandler, value, '--exit-handler')) },
  { long: 'output', short: 'o', value: 'FILE', doc: 'Write the flat configuration to FILE (-: standard output).', take: (options, value) => void (options.output = once(options.output, value, 'output file')) },
  { long: 'quit', short: 'q', doc: 'Do not run.', take: (options) => void (options.quit = true) },
  { long: 'time', short: 't', doc: 'Print how long the run took.', take: (options) => void (options.time = true) },
  { long: 'allow-reconfigure', short: 'R', doc: 'Provide the handler hotconfig.', take: (options) => void (options.allowReconfigure = true) },
  { long: 'simtime', value: 'T', optional: true, doc: 'Run in simulated time, which begins at T (seconds since 1970).', take: (options, value, as) => void (options.simulated = startTime(value, as)) },
  { long: 'simulation-time', value: 'T', optional: true, doc: 'Another name of --simtime.', take: (options, value, as) => void (options.simulated = startTime(value, as)) },
  { long: 'threads', short: 'j', value: 'N', doc: 'Accepted: one thread does all the work.', take: (options, value, as) => void (options.threads = Math.max(1, integerOf(value, as))) },
  { long: 'affinity', short: 'a', value: 'N', optional: true, doc: 'Accepted: one thread does all the work.', take: firstCpu },
  { long: 'cpu', value: 'N', optional: true, doc: 'Another name of --affinity.', take: firstCpu },
  { long: 'no-affinity', doc: 'Accepted, as --affinity is.', take: () => undefined },
  { long: 'no-cpu', doc: 'Accepted, as --affinity is.', take: () => undefined },
  { long: 'port', short: 'p', value: 'PORT', doc: 'Listen for control connections on that TCP port; PORT+: or on the next that is free.', take: (options, value, as) => void options.ports.push(tcpPort(value, as)) },
  { long: 'socket', value: 'FD', doc: 'Take commands from the connection with that file descriptor.', take: (options, value, as) => void options.sockets.push(String(integerOf(value, as))) },
  { long: 'unix-socket', short: 'u', value: 'FILE', doc: 'Listen for control connections on a Unix socket.', take: (options, value) => void options.unixSockets.push(value) },
  { long: 'no-allow-reconfigure', doc: 'Do not provide the handler hotconfig.', take: (options) => void (options.allowReconfigure = false) },
  { long: 'no-warnings', short: 'w', doc: 'Do not print warnings.', take: (options) => void (options.warnings = false) },
  { long: 'warnings', doc: 'Print warnings.', take: (options) => void (options.warnings = true) },
  { long: 'engine', value: 'node|native', doc: 'What runs the elements: TypeScript (node), or the C made of it.', take: (options, value) => void (options.engine = engine(value)) },
  { long: 'device', value: 'NAME=SPEC', doc: 'What a device is connected to: pcap:in=FILE,out=FILE, tap:NAME, gen:..., null.', take: (options, value) => void options.devices.push(value) },
  { long: 'clickpath', short: 'C', value: 'PATH', doc: 'Folders in which required libraries are looked for, in place of CLICKPATH.', take: (_options, value) => void (process.env['CLICKPATH'] = value) },
  { long: 'help', doc: 'Show this help.', take: (options) => void (options.show = 'help') },
  { long: 'version', short: 'V', doc: 'Show the version; -v does, too.', take: (options) => void (options.show = 'version') },
];

/** The same as other commands declare theirs: for the documents and for completion. */
export const DRIVER_OPTIONS: Readonly<Record<string, CommandOption>> = Object.fromEntries(
  OPTIONS.map(({ long, short, value, doc }) => [long, { type: value === undefined ? 'boolean' : 'string', short, value, doc }]),
);

function once(before: string | undefined, value: string, what: string): string {
  if (before !== undefined) throw new OptionError(`${what} specified twice`);
  return value;
}

function startTime(value: string, as: string): number {
  if (value === '') return SIMULATED_START_US;
  const seconds = Number(value);
  if (!(seconds >= 0 && seconds < 2 ** 32)) throw new OptionError(`'${as}' expects a real number, not '${value}'`);
  return Math.round(seconds * 1e6);
}

function integerOf(value: string, option: string): number {
  const number = parseInteger(value);
  if (number === undefined) throw new OptionError(`'${option}' expects an integer, not '${value}'`);
  return number;
}

/** The number of the processor that the first thread would stay on. */
function firstCpu(_options: DriverOptions, value: string, as: string): void {
  if (value !== '') integerOf(value, as);
}

function tcpPort(value: string, as: string): string {
  const port = /^\d{1,5}\+?$/.test(value) ? Number(value.replace('+', '')) : wellKnownPort(value, 'tcp');
  if (port === undefined || port > 65_535) throw new OptionError(`'${as}' expects a TCP port number, not '${value}'`);
  return `${port}${value.endsWith('+') ? '+' : ''}`;
}

function engine(value: string): 'node' | 'native' {
  if (value !== 'node' && value !== 'native') throw new OptionError(`'--engine' expects node or native, not '${value}'`);
  return value;
}

export function readDriverOptions(args: readonly string[]): DriverOptions {
  const options: DriverOptions = {
    handlers: [], set: new Map(), ports: [], unixSockets: [], sockets: [], engine: 'node', devices: [], threads: 1, mistakes: [], quit: false, time: false, allowReconfigure: false, warnings: true,
  };
  const rest = [...args];
  while (rest.length > 0) {
    const arg = rest.shift()!;
    if (arg === '--') {
      for (const operand of rest.splice(0)) takeOperand(options, operand);
    } else if (arg.startsWith('--')) {
      takeLong(options, arg, rest);
    } else if (arg.startsWith('-') && arg.length > 1) {
      takeShort(options, arg.slice(1), rest);
    } else {
      takeOperand(options, arg);
    }
  }
  return options;
}

function takeOperand(options: DriverOptions, operand: string): void {
  const match = /^\$?([A-Za-z_]\w*)=([\s\S]*)$/.exec(operand);
  if (match === null) configuration('file')(options, operand, '');
  else if (options.set.has(match[1]!)) options.mistakes.push(`parameter '${match[1]}' multiply defined`);
  else options.set.set(match[1]!, match[2]!);
}

function takeLong(options: DriverOptions, arg: string, rest: string[]): void {
  const equals = arg.indexOf('=');
  // Twice no is yes.
  const name = arg.slice(2, equals < 0 ? undefined : equals).replace(/^(?:no-no-)+/, '');
  const given = equals < 0 ? undefined : arg.slice(equals + 1);
  const exact = OPTIONS.find(({ long }) => long === name);
  const candidates = exact === undefined ? OPTIONS.filter(({ long }) => long.startsWith(name)) : [exact];
  if (candidates.length === 0) throw new OptionError(`unrecognized option '${arg}'`);
  if (candidates.length > 1) throw new OptionError(`option '${arg}' is ambiguous\n(Possibilities are ${possibilities(candidates.map(({ long }) => `'--${long}'`).sort())}.)`);
  const option = candidates[0]!;
  if (option.value === undefined) {
    if (given !== undefined) throw new OptionError(`'--${option.long}' can't take an argument`);
    option.take(options, '', `--${option.long}`);
  } else {
    option.take(options, option.optional === true ? (given ?? '') : (given ?? valueAfter(`--${option.long}`, rest)), `--${option.long}`);
  }
}

function possibilities(names: readonly string[]): string {
  if (names.length > POSSIBILITIES_MAX) return `${names.slice(0, POSSIBILITIES_MAX).join(', ')}, and others`;
  return names.length === 2 ? names.join(' and ') : `${names.slice(0, -1).join(', ')}, and ${names.at(-1)!}`;
}

function takeShort(options: DriverOptions, letters: string, rest: string[]): void {
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters[at] === 'v' ? 'V' : letters[at]!;
    const option = OPTIONS.find(({ short }) => short === letter);
    if (option === undefined) throw new OptionError(`unrecognized option '-${letter}'`);
    if (option.value === undefined) {
      option.take(options, '', `-${letter}`);
      continue;
    }
    const joined = letters.slice(at + 1);
    option.take(options, joined !== '' || option.optional === true ? joined : valueAfter(`-${letter}`, rest), `-${letter}`);
    return;
  }
}

function valueAfter(option: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) throw new OptionError(`'${option}' requires an argument`);
  return value;
}

export function driverHelp(): string {
  const heads = OPTIONS.map(({ long, short, value, optional }) => {
    const shown = value === undefined ? '' : optional === true ? `[=${value}]` : ` ${value}`;
    return `${short === undefined ? '    ' : `-${short}, `}--${long}${shown}`;
  });
  const width = Math.max(...heads.map((head) => head.length));
  const rows = OPTIONS.map(({ doc }, index) => `  ${heads[index]!.padEnd(width)}  ${doc}`);
  const intro = "Installs a Click configuration and runs it, as Click's user-level driver does, until it stops or is interrupted.";
  return `Usage: wirelet click [OPTION]... [FILE] [NAME=VALUE]...\n\n${intro}\n\nOptions:\n${rows.join('\n')}\n`;
}
