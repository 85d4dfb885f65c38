/** What Script and DriverManager have alike: arguments, ports, and how a script begins. */
import { many, parsed, rest, text, type BuildContext, type ControlHost } from 'wirelet';
import { readScript } from './instructions.js';
import { ScriptRun, type ScriptPlan, type ScriptType } from './script-run.js';

export const scriptConfig = {
  type: text({ default: '', keyword: true, doc: 'ACTIVE, PASSIVE, PACKET, PROXY, DRIVER, or SIGNAL with the names of signals.' }),
  instructions: rest(parsed('instruction', { doc: 'An instruction.' }, (value) => ({ value }), (value: string) => value), { doc: 'The instructions, in order.' }),
} as const;

export const scriptPorts = {
  inputs: many('Packets, each of which runs a script of TYPE PACKET.', { optional: true }),
  outputs: many('Packets: the output that the script returns.', { optional: true }),
} as const;

export const scriptReason = 'reads and writes handlers, which an appliance leaves to those who run it';

interface ScriptConfig {
  readonly type: string;
  readonly instructions: readonly string[];
}

const TYPES: Readonly<Record<string, ScriptType>> = {
  ACTIVE: 'active', PASSIVE: 'passive', PACKET: 'packet', PUSH: 'packet', PROXY: 'proxy', DRIVER: 'driver',
};
const SIGNALS: Readonly<Record<string, string>> = {
  1: 'SIGHUP', 2: 'SIGINT', 3: 'SIGQUIT', 6: 'SIGABRT', 10: 'SIGUSR1', 12: 'SIGUSR2', 13: 'SIGPIPE', 14: 'SIGALRM', 15: 'SIGTERM', 20: 'SIGTSTP', 29: 'SIGIO',
  HUP: 'SIGHUP', INT: 'SIGINT', QUIT: 'SIGQUIT', ABRT: 'SIGABRT', USR1: 'SIGUSR1', USR2: 'SIGUSR2', PIPE: 'SIGPIPE', ALRM: 'SIGALRM', IO: 'SIGIO', TERM: 'SIGTERM', TSTP: 'SIGTSTP',
};

export function planScript({ config, inputs, outputs, fail }: BuildContext<ScriptConfig>, otherwise?: ScriptType): ScriptPlan {
  const [word, ...signals] = config.type.split(/\s+/).filter((each) => each !== '');
  const byPorts: ScriptType = inputs.length + outputs.length > 0 ? 'packet' : 'active';
  const type = word === undefined ? (otherwise ?? byPorts) : word === 'SIGNAL' ? 'signal' : TYPES[word];
  if (type === undefined || (type !== 'signal' && signals.length > 0)) {
    return fail("bad TYPE; expected 'ACTIVE', 'DRIVER', 'PACKET', 'PASSIVE', 'PROXY', or 'SIGNAL'");
  }
  const names = signals.map((signal) => SIGNALS[signal.replace(/^SIG/, '')]);
  if (names.some((name) => name === undefined) || (type === 'signal' && names.length === 0)) return fail('bad signal number');
  if (type === 'packet' && inputs.length === 0) return fail('PACKET script must have inputs');
  if (type !== 'packet' && inputs.length + outputs.length > 0) return fail('ports allowed only on PACKET scripts');
  const { instructions, errors } = readScript(config.instructions, type === 'driver' ? 'stop' : 'end');
  if (errors.length > 0) return fail(errors.join('\n'));
  return { type, signals: names as string[], instructions };
}

export function startScript(host: ControlHost, built: ScriptPlan): ScriptRun {
  return new ScriptRun(built, host);
}
