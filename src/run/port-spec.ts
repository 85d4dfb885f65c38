/** What an interface plugs into during a run: `--port lan=pcap:in=a.pcap,out=b.pcap`. */
import { Diagnostics } from '../diagnostics.js';
import { suggestion } from '../suggest.js';
import { formatGenerator, readGenerator, readNumber, type Fail, type GeneratorSpec } from './generator-spec.js';

export type PortSpec =
  | { readonly kind: 'null' }
  | { readonly kind: 'pcap'; readonly in?: string; readonly out?: string; readonly speed: PortSpeed }
  | { readonly kind: 'tap' | 'packet' | 'xdp'; readonly device: string }
  | VhostUserSpec
  /** The rings of the interface are a switch's, which asks for them at this socket. */
  | { readonly kind: 'ring'; readonly socket: string }
  | GeneratorSpec;

/** A process that speaks vhost-user, at a Unix socket. */
export interface VhostUserSpec {
  readonly kind: 'vhost-user';
  readonly socket: string;
  /** Whether Wirelet listens there, or connects. */
  readonly server: boolean;
  /** `front-end`: rings and memory are Wirelet's, as a guest's would be; `back-end`: they are the other side's. */
  readonly role: 'front-end' | 'back-end';
}

/** `max`: as fast as the appliance takes them; `recorded`: as captured; `x0.5`: at half the speed of the capture; else frames per second. */
export type PortSpeed = 'max' | 'recorded' | `x${number}` | number;

/** Least and greatest N of `speed=xN`, and its decimals. */
const SCALE = { min: 0.001, max: 1000, decimals: 6 } as const;

export { GENERATED_BYTES, type GeneratorSpec } from './generator-spec.js';

/** What a Unix socket's path may be (unix(7)), in bytes. */
const SOCKET_PATH_MAX = 107;

const KINDS = ['pcap', 'tap', 'gen', 'null', 'packet', 'xdp', 'vhost-user'] as const;

/** Reads all `--port` options; interfaces without one are `null`. Says everything that is wrong at once. */
export function readPorts(options: readonly string[], interfaces: readonly { readonly name: string }[]): Map<string, PortSpec> {
  const diagnostics = new Diagnostics();
  const ports = new Map<string, PortSpec>(interfaces.map(({ name }) => [name, { kind: 'null' }]));
  const given = new Set<string>();
  for (const option of options) {
    const equals = option.indexOf('=');
    if (equals < 1) {
      diagnostics.error('WL4001', undefined, `--port ${option} names no interface`, `Write --port NAME=SPEC, for example --port ${interfaces[0]?.name ?? 'lan'}=tap:tap0.`);
      continue;
    }
    const name = option.slice(0, equals);
    if (!ports.has(name)) {
      const names = interfaces.map((item) => item.name);
      diagnostics.error('WL4002', undefined, `--port ${option}: the appliance has no interface "${name}"`, suggestion(name, names) ?? `Its interfaces are ${names.join(', ') || 'none'}.`);
      continue;
    }
    if (given.has(name)) diagnostics.error('WL4003', undefined, `interface "${name}" is given two ports`, 'Leave one --port option for it.');
    given.add(name);
    const spec = readSpec(option.slice(equals + 1), option, diagnostics);
    if (spec !== undefined) ports.set(name, spec);
  }
  diagnostics.throwIfFailed();
  return ports;
}

function readSpec(text: string, option: string, diagnostics: Diagnostics): PortSpec | undefined {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? '' : text.slice(colon + 1);
  return readPort(kind, rest, (message, hint) => {
    diagnostics.error('WL4004', undefined, `--port ${option}: ${message}`, hint);
    return undefined;
  });
}

/** What comes after `--port NAME=`: a kind, and after its colon the rest. `fail` is called with what is wrong. */
export function readPort(kind: string, rest: string, fail: Fail): PortSpec | undefined {
  switch (kind) {
    case 'null':
      return { kind: 'null' };
    case 'tap':
    case 'packet':
    case 'xdp':
      // IFNAMSIZ of Linux leaves 15 characters.
      if (!/^[^/\s:]{1,15}$/.test(rest)) return fail(`${kind === 'tap' ? 'a tap device' : 'a network interface'} has a name of 1 to 15 characters`, `Write ${kind}:NAME, for example ${kind}:${kind === 'tap' ? 'tap0' : 'eth1'}.`);
      return { kind, device: rest };
    case 'vhost-user':
      return vhostUserSpec(rest, fail);
    case 'pcap':
      return pcapSpec(fields(rest), fail);
    case 'gen':
      return readGenerator(fields(rest), fail);
    default:
      return fail(`unknown kind of port "${kind}"`, suggestion(kind, KINDS) ?? `There are ${KINDS.join(', ')}.`);
  }
}

/** `SOCKET[,server][,role=front-end|back-end]`: who listens is the back-end, who connects the front-end, unless it is said. */
function vhostUserSpec(text: string, fail: Fail): VhostUserSpec | undefined {
  const [socket = '', ...options] = text.split(',');
  let server = false;
  let role: VhostUserSpec['role'] | undefined;
  for (const option of options) {
    if (option === 'server') server = true;
    else if (option === 'role=front-end' || option === 'role=back-end') role = option.slice(5) as VhostUserSpec['role'];
    else return fail(`vhost-user has no option "${option}"`, suggestion(option, ['server', 'role=front-end', 'role=back-end']) ?? 'Its options are server, role=front-end and role=back-end.');
  }
  if (socket === '' || Buffer.byteLength(socket) > SOCKET_PATH_MAX) return fail(`the path of a socket has 1 to ${SOCKET_PATH_MAX} characters`, 'Write vhost-user:PATH, or vhost-user:PATH,server to listen there.');
  return { kind: 'vhost-user', socket, server, role: role ?? (server ? 'back-end' : 'front-end') };
}

/** Options that say something of flows. */
const OF_FLOWS = ['flows', 'sources', 'destinations', 'sports', 'dports'];

/** Options of a generator without a port: `flows=64,template=a.pcap`. How many flows is left open where nothing is said of them. */
export function readGeneratorOptions(text: string): Omit<GeneratorSpec, 'kind' | 'rate' | 'count' | 'flows'> & { readonly flows?: number } {
  const diagnostics = new Diagnostics();
  const pairs = fields(text);
  const spec = readGenerator(pairs, (message, hint) => {
    diagnostics.error('WL4004', undefined, `--traffic ${text}: ${message}`, hint);
    return undefined;
  });
  diagnostics.throwIfFailed();
  const { kind: _, rate: __, count: ___, flows, ...options } = spec as GeneratorSpec;
  return { ...options, ...(pairs.some(([name]) => OF_FLOWS.includes(name)) ? { flows } : {}) };
}

/** `a=1,b=2` as pairs; a comma or backslash in a value is written `\,` and `\\`. */
function fields(text: string): [string, string][] {
  if (text === '') return [];
  const parts = text.match(/(?:\\.|[^,\\])+/g) ?? [];
  return parts.map((part) => {
    const equals = part.indexOf('=');
    const plain = (piece: string) => piece.replace(/\\(.)/g, '$1');
    return equals < 0 ? [plain(part), ''] : [part.slice(0, equals), plain(part.slice(equals + 1))];
  });
}

function unknownField(kind: string, name: string, known: readonly string[], fail: Fail): undefined {
  return fail(`${kind} has no option "${name}"`, suggestion(name, known) ?? `Its options are ${known.join(', ')}.`);
}

function pcapSpec(pairs: readonly [string, string][], fail: Fail): PortSpec | undefined {
  let input: string | undefined;
  let output: string | undefined;
  let speed: PortSpeed = 'max';
  for (const [name, value] of pairs) {
    if (name === 'in' || name === 'out') {
      if (value === '') return fail(`${name}= needs a file name`);
      if (name === 'in') input = value;
      else output = value;
    } else if (name === 'speed') {
      const found = readSpeed(value);
      if (found === undefined) return fail(`speed=${value} is neither max, recorded, xN, nor a number of frames a second`, 'x0.5 is half as fast as recorded; N is 0.001 to 1000.');
      speed = found;
    } else {
      if (value === '' && /[./]/.test(name)) return fail('pcap does not say whether to read or write a file', `Write pcap:in=${name} to read it, or pcap:out=${name} to write it.`);
      return unknownField('pcap', name, ['in', 'out', 'speed'], fail);
    }
  }
  if (input === undefined && output === undefined) return fail('pcap needs a file', 'Write pcap:in=FILE, pcap:out=FILE or both.');
  return { kind: 'pcap', in: input, out: output, speed };
}

function readSpeed(text: string): PortSpeed | undefined {
  if (text === 'max' || text === 'recorded') return text;
  const scale = /^x(\d{1,4}(?:\.(\d+))?)$/.exec(text);
  if (scale === null) return readNumber(text);
  const factor = Number(scale[1]);
  return factor >= SCALE.min && factor <= SCALE.max && (scale[2] ?? '').length <= SCALE.decimals ? `x${factor}` : undefined;
}

/** How much faster than recorded a capture is to be played: 1 unless it is `xN`. */
export function scaleOf(speed: PortSpeed): number {
  return typeof speed === 'string' && speed.startsWith('x') ? Number(speed.slice(1)) : 1;
}

/** The option text of a port, as the native side reads it. */
export function formatPort(name: string, spec: PortSpec): string {
  const escaped = (file: string) => file.replace(/[\\,]/g, '\\$&');
  switch (spec.kind) {
    case 'null':
      return `${name}=null`;
    case 'tap':
    case 'packet':
    case 'xdp':
      return `${name}=${spec.kind}:${spec.device}`;
    case 'vhost-user':
      return `${name}=vhost-user:${spec.socket}${spec.server ? ',server' : ''},role=${spec.role}`;
    case 'ring':
      return `${name}=ring:${spec.socket}`;
    case 'pcap': {
      const parts = [spec.in && `in=${escaped(spec.in)}`, spec.out && `out=${escaped(spec.out)}`, `speed=${spec.speed}`];
      return `${name}=pcap:${parts.filter((part) => part !== undefined).join(',')}`;
    }
    case 'gen':
      return `${name}=gen:${formatGenerator(spec, escaped)}`;
  }
}

/** Whether the run's time is that of its captures: no port is tied to real time. */
export function isVirtualTime(ports: ReadonlyMap<string, PortSpec>): boolean {
  return [...ports.values()].every((spec) => spec.kind === 'null' || (spec.kind === 'pcap' && spec.speed === 'max'));
}
