/** What an interface plugs into during a run: `--port lan=pcap:in=a.pcap,out=b.pcap`. */
import { Diagnostics } from '../diagnostics.js';
import { suggestion } from '../suggest.js';

export type PortSpec =
  | { readonly kind: 'null' }
  | { readonly kind: 'pcap'; readonly in?: string; readonly out?: string; readonly speed: PortSpeed }
  | { readonly kind: 'tap'; readonly device: string }
  | GeneratorSpec;

/** `max`: as fast as the appliance takes them; `recorded`: as captured; else frames per second. */
export type PortSpeed = 'max' | 'recorded' | number;

export interface GeneratorSpec {
  readonly kind: 'gen';
  /** Bytes of a frame on the wire, its checksum (FCS, 4 bytes) included: 64 means 60 in memory. */
  readonly size: number;
  /** Frames to send; undefined: without end. */
  readonly count?: number;
  readonly rate: 'max' | number;
  readonly flows: number;
  /** Capture whose frames are sent in turn instead of made-up ones. */
  readonly template?: string;
}

/** Frame sizes that the generator makes, with FCS. */
export const GENERATED_BYTES = { min: 64, max: 9220 } as const;

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
  const fail = (message: string, hint?: string): undefined => {
    diagnostics.error('WL4004', undefined, `--port ${option}: ${message}`, hint);
    return undefined;
  };
  switch (kind) {
    case 'null':
      return { kind: 'null' };
    case 'tap':
      // IFNAMSIZ of Linux leaves 15 characters.
      if (!/^[^/\s:]{1,15}$/.test(rest)) return fail('a tap device has a name of 1 to 15 characters', 'Write tap:NAME, for example tap:tap0.');
      return { kind: 'tap', device: rest };
    case 'pcap':
      return pcapSpec(fields(rest), fail);
    case 'gen':
      return generatorSpec(fields(rest), fail);
    case 'packet':
    case 'xdp':
    case 'vhost-user':
      return fail(`ports of kind ${kind} are not there yet`, 'Use tap:NAME and connect it, for example by a bridge.');
    default:
      return fail(`unknown kind of port "${kind}"`, suggestion(kind, KINDS) ?? `There are ${KINDS.join(', ')}.`);
  }
}

/** Options of a generator without a port: `flows=64,template=a.pcap`. */
export function readGeneratorOptions(text: string): Omit<GeneratorSpec, 'kind' | 'rate' | 'count'> {
  const diagnostics = new Diagnostics();
  const spec = generatorSpec(fields(text), (message, hint) => {
    diagnostics.error('WL4004', undefined, `--traffic ${text}: ${message}`, hint);
    return undefined;
  });
  diagnostics.throwIfFailed();
  const { kind: _, rate: __, count: ___, ...options } = spec as GeneratorSpec;
  return options;
}

type Fail = (message: string, hint?: string) => undefined;

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
      const number = readNumber(value);
      if (value !== 'max' && value !== 'recorded' && number === undefined) {
        return fail(`speed=${value} is neither max, recorded, nor a number of frames a second`);
      }
      speed = value === 'max' || value === 'recorded' ? value : number!;
    } else {
      return unknownField('pcap', name, ['in', 'out', 'speed'], fail);
    }
  }
  if (input === undefined && output === undefined) return fail('pcap needs a file', 'Write pcap:in=FILE, pcap:out=FILE or both.');
  return { kind: 'pcap', in: input, out: output, speed };
}

function generatorSpec(pairs: readonly [string, string][], fail: Fail): PortSpec | undefined {
  const spec = { kind: 'gen' as const, size: 64, count: undefined as number | undefined, rate: 'max' as 'max' | number, flows: 1, template: undefined as string | undefined };
  for (const [name, value] of pairs) {
    const number = readNumber(value);
    if (name === 'template') {
      if (value === '') return fail('template= needs a file name');
      spec.template = value;
    } else if (name === 'rate' && value === 'max') {
      spec.rate = 'max';
    } else if (name === 'size' || name === 'count' || name === 'rate' || name === 'flows') {
      if (number === undefined) return fail(`${name}=${value} is not a positive number`);
      spec[name] = number;
    } else {
      return unknownField('gen', name, ['size', 'count', 'rate', 'flows', 'template'], fail);
    }
  }
  const { min, max } = GENERATED_BYTES;
  if (spec.size < min || spec.size > max) return fail(`size=${spec.size} is outside ${min}..${max} bytes (with the frame check sequence)`);
  if (spec.flows > 1_000_000) return fail(`flows=${spec.flows} is more than 1000000`);
  return spec;
}

/** A positive integer, with the suffixes k, M and G allowed. */
function readNumber(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]) * { '': 1, k: 1e3, M: 1e6, G: 1e9 }[match[2] as '' | 'k' | 'M' | 'G'];
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** The option text of a port, as the native side reads it. */
export function formatPort(name: string, spec: PortSpec): string {
  const escaped = (file: string) => file.replace(/[\\,]/g, '\\$&');
  switch (spec.kind) {
    case 'null':
      return `${name}=null`;
    case 'tap':
      return `${name}=tap:${spec.device}`;
    case 'pcap': {
      const parts = [spec.in && `in=${escaped(spec.in)}`, spec.out && `out=${escaped(spec.out)}`, `speed=${spec.speed}`];
      return `${name}=pcap:${parts.filter((part) => part !== undefined).join(',')}`;
    }
    case 'gen': {
      const parts = [`size=${spec.size}`, spec.count && `count=${spec.count}`, `rate=${spec.rate}`, `flows=${spec.flows}`, spec.template && `template=${escaped(spec.template)}`];
      return `${name}=gen:${parts.filter((part) => part !== undefined).join(',')}`;
    }
  }
}

/** Whether the run's time is that of its captures: no port is tied to real time. */
export function isVirtualTime(ports: ReadonlyMap<string, PortSpec>): boolean {
  return [...ports.values()].every((spec) => spec.kind === 'null' || (spec.kind === 'pcap' && spec.speed === 'max'));
}
