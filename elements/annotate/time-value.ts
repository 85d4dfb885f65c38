/** Points in time and spans, to the nanosecond, as arguments and as text. */
import { ANNOTATIONS, parsed, u32, type Kind, type Packet } from 'wirelet';

/** Seconds and nanoseconds; of a span before zero, `seconds` is negative and `nanoseconds` is added to it. */
export interface TimeValue {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export const SECONDS_MAX = 0xffff_ffff;
/** By how much a unit moves the decimal point, and what the number, rounded, is multiplied with. */
const UNITS: Readonly<Record<string, readonly [power: number, factor: bigint]>> = {
  s: [0, 1n], sec: [0, 1n], ms: [-3, 1n], msec: [-3, 1n], us: [-6, 1n], usec: [-6, 1n], ns: [-9, 1n], nsec: [-9, 1n],
  m: [0, 60n], min: [0, 60n], h: [0, 3600n], hr: [0, 3600n], d: [0, 86_400n], day: [0, 86_400n],
};
/** Longest number that is read, in characters. */
const LENGTH_MAX = 100;
/** Largest power of ten in a number. */
const EXPONENT_MAX = 100;

/** Reads `1000000000.5`, `-2ms`, `3min`, `1.5e-3`, rounded to the nanosecond as Click rounds: half of one counts as one. Undefined when it is none. */
export function parseTime(text: string): TimeValue | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?\s*([a-z]*)$/i.exec(text.trim());
  if (match === null || text.length > LENGTH_MAX) return undefined;
  const [, sign, whole = '', part = '', exponent = '0', name = ''] = match;
  const unit = Object.hasOwn(UNITS, name || 's') ? UNITS[name || 's'] : undefined;
  if (unit === undefined || whole + part === '' || Math.abs(Number(exponent)) > EXPONENT_MAX) return undefined;
  const [power, factor] = unit;
  const unsigned = shifted(BigInt(whole + part), Number(exponent) + power + 9 - part.length) * factor;
  return timeOf(sign === '-' ? -unsigned : unsigned);
}

/** `digits` times that power of ten, rounded. */
function shifted(digits: bigint, power: number): bigint {
  if (power >= 0) return digits * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (digits + divisor / 2n) / divisor;
}

export function timeOf(nanoseconds: bigint): TimeValue {
  const part = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((nanoseconds - part) / 1_000_000_000n), nanoseconds: Number(part) };
}

export function nanosecondsOf({ seconds, nanoseconds }: TimeValue): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

/** As Click shows it: in seconds, with six digits behind the point, or nine where they are needed. */
export function timeText(time: TimeValue): string {
  const total = nanosecondsOf(time);
  const size = total < 0n ? -total : total;
  const part = size % 1_000_000_000n;
  const digits = part % 1000n === 0n ? String(part / 1000n).padStart(6, '0') : String(part).padStart(9, '0');
  return `${total < 0n ? '-' : ''}${size / 1_000_000_000n}.${digits}`;
}

/** A point in time from 0 to 2^32 s, or with `signed` a span that may be negative. */
export function timeValue(options: { doc: string; default?: TimeValue; required?: boolean; keyword?: boolean; signed?: boolean }): Kind<TimeValue> {
  return parsed<TimeValue>(
    'time',
    options,
    (text) => {
      const value = parseTime(text);
      if (value === undefined) return { error: `expected a time in seconds, such as 1.5 or 20ms, got "${text}"`, click: 'parse error' };
      if (value.seconds > SECONDS_MAX || value.seconds < (options.signed === true ? -SECONDS_MAX : 0)) {
        return { error: `expected a time from ${options.signed === true ? -SECONDS_MAX : 0} to ${SECONDS_MAX} s, got ${text}` };
      }
      return { value };
    },
    timeText,
  );
}

/** Stamps a packet with a time in microseconds since 1970. */
export function stamp(packet: Packet, microseconds: number): void {
  packet.timestampSeconds = u32(Math.trunc(microseconds / 1_000_000));
  packet.timestampNanoseconds = (microseconds % 1_000_000) * 1000;
}

/** Sets the annotation of a packet's first time stamp. */
export function setFirst(packet: Packet, seconds: number, nanoseconds: number): void {
  packet.setAnnotationU32(ANNOTATIONS.first_timestamp.offset, u32(seconds));
  packet.setAnnotationU32(ANNOTATIONS.first_timestamp.offset + 4, u32(nanoseconds));
}
