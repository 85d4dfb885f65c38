/** What a generator port is asked for: `--port wan=gen:size=64,count=1M,rate=100k`. */
import { suggestion } from '../suggest.js';
import { addressRange, flowCount, flowSpace, portRange, type FlowRanges } from './flows.js';

export interface GeneratorSpec extends FlowRanges {
  readonly kind: 'gen';
  /** Bytes of a frame on the wire, its checksum (FCS, 4 bytes) included: 64 means 60 in memory. `imix`: see IMIX. */
  readonly size: number | 'imix';
  /** Frames to send, after those that warm up; undefined: without end. */
  readonly count?: number;
  /** Frames a second. */
  readonly rate: 'max' | number;
  readonly flows: number;
  /** Capture whose frames are sent in turn instead of made-up ones, or a description of frames (`.yaml`). */
  readonly template?: string;
  /** Frames a second that are numbered and timed, part of the rate. */
  readonly latency?: number;
  /** Number all frames, and check what each one holds when it comes out. */
  readonly verify?: boolean;
  /** Only frames count that come out where the generator is: what is behind other ports sends them back. */
  readonly returned?: boolean;
  /** Frames that are sent first and not counted in the stream's figures. */
  readonly warmup?: number;
  /** Frames at `surge_rate` a second, not counted, directly before the stream: what the appliance recovers from. */
  readonly surge?: number;
  readonly surge_rate?: number;
  /** Whom made-up frames are for, `02:00:00:00:00:01`; the interface itself unless said. */
  readonly mac?: string;
}

/** Frame sizes that the generator makes, with FCS. */
export const GENERATED_BYTES = { min: 64, max: 9220 } as const;

/** Sizes with FCS of twelve frames of `imix`: the simple IMIX of 7 : 4 : 1 in an order that spreads them. */
export const IMIX = [64, 594, 64, 64, 594, 64, 1518, 64, 594, 64, 64, 594] as const;

const FLOWS_MAX = 1_000_000;
const RATE_MAX = 1e9;
const LATENCY_RATE_MAX = 1_000_000;
const NUMBERS = ['count', 'rate', 'flows', 'latency', 'warmup', 'surge', 'surge_rate'] as const;
const RANGES = ['sources', 'destinations', 'sports', 'dports'] as const;
const OPTIONS = ['size', ...NUMBERS, 'template', 'verify', 'returned', ...RANGES, 'mac'];

export type Fail = (message: string, hint?: string) => undefined;

/** Reads `NAME=VALUE` pairs. `fail` is called with what is wrong. */
export function readGenerator(pairs: readonly (readonly [string, string])[], fail: Fail): GeneratorSpec | undefined {
  const spec: { -readonly [K in keyof GeneratorSpec]: GeneratorSpec[K] } = { kind: 'gen', size: 64, rate: 'max', flows: 1 };
  for (const [name, value] of pairs) {
    const number = readNumber(value);
    if (name === 'template') {
      if (value === '') return fail('template= needs a file name');
      spec.template = value;
    } else if ((name === 'rate' && value === 'max') || (name === 'size' && value === 'imix')) {
      Object.assign(spec, { [name]: value });
    } else if (name === 'size' || isOneOf(NUMBERS, name)) {
      if (number === undefined) return fail(`${name}=${value} is not a positive number`);
      spec[name] = number;
    } else if (name === 'verify' || name === 'returned') {
      if (value !== 'true' && value !== 'false') return fail(`${name}=${value} is neither true nor false`);
      spec[name] = value === 'true';
    } else if (name === 'mac') {
      if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(value)) return fail(`mac=${value} is no MAC address`, 'Write for example mac=02:00:00:00:00:01.');
      spec.mac = value;
    } else if (isOneOf(RANGES, name)) {
      spec[name] = value;
    } else {
      return fail(`gen has no option "${name}"`, suggestion(name, OPTIONS) ?? `Its options are ${OPTIONS.join(', ')}.`);
    }
  }
  return checkGenerator(spec, fail);
}

function checkGenerator(spec: GeneratorSpec, fail: Fail): GeneratorSpec | undefined {
  const { min, max } = GENERATED_BYTES;
  const { size, flows, rate, latency, template } = spec;
  if (size !== 'imix' && (size < min || size > max)) return fail(`size=${size} is outside ${min}..${max} bytes (with the frame check sequence)`);
  if (flows > FLOWS_MAX) return fail(`flows=${flows} is more than ${FLOWS_MAX}`);
  if (rate !== 'max' && rate > RATE_MAX) return fail(`rate=${rate} is more than ${RATE_MAX} frames a second`, 'rate=max is as fast as the appliance takes frames.');
  if (latency !== undefined && latency > LATENCY_RATE_MAX) return fail(`latency=${latency} is more than ${LATENCY_RATE_MAX} frames a second`);
  if (latency !== undefined && rate !== 'max' && latency > rate) return fail(`latency=${latency} is more than rate=${rate}`, 'Timed frames are a part of all that are sent.');
  if ((spec.surge === undefined) !== (spec.surge_rate === undefined)) return fail('surge= and surge_rate= go together');
  if (spec.surge !== undefined && (rate === 'max' || spec.verify !== true)) return fail('surge= needs rate= and verify=true', 'What is lost after the surge is told by the numbers of frames, and when by their rate.');
  if (spec.surge_rate !== undefined && spec.surge_rate > RATE_MAX) return fail(`surge_rate=${spec.surge_rate} is more than ${RATE_MAX} frames a second`);
  for (const name of RANGES) {
    const text = spec[name];
    if (text === undefined) continue;
    if (template !== undefined) return fail(`${name}= is for frames that are made up, and template= gives others`, 'Leave one of them out.');
    const addresses = name === 'sources' || name === 'destinations';
    if ((addresses ? addressRange(text) : portRange(text)) === undefined) {
      return fail(`${name}=${text} is no range of ${addresses ? 'addresses' : 'ports'}`, addresses ? 'Write for example 10.0.0.0/24.' : 'Write for example 1024-2047; ports are 1 to 65535.');
    }
  }
  const there = flowCount(flowSpace(spec));
  if (template === undefined && flows > there) return fail(`flows=${flows} is more than the ${there} that the addresses and ports make`, 'Ask for fewer flows, or give more addresses or ports.');
  return spec;
}

function isOneOf<const T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

/** The options as text, as the native side reads them; `escaped` guards file names. */
export function formatGenerator(spec: GeneratorSpec, escaped: (file: string) => string): string {
  const pairs = [...(['size', ...NUMBERS, 'verify', 'returned', ...RANGES, 'mac'] as const).map((name) => [name, spec[name]]), ['template', spec.template && escaped(spec.template)]];
  return pairs.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${value}`])).join(',');
}

/** A positive integer, with the suffixes k, M and G allowed. */
export function readNumber(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]) * { '': 1, k: 1e3, M: 1e6, G: 1e9 }[match[2] as '' | 'k' | 'M' | 'G'];
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
