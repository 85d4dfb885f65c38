/** Points in time and spans, to the nanosecond, as arguments and as text. */
import { ANNOTATIONS, parsed, u32, type Kind, type Packet } from 'wirelet';

/** Seconds and nanoseconds; of a span before zero, `seconds` is negative and `nanoseconds` is added to it. */
export interface TimeValue {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export const SECONDS_MAX = 0xffff_ffff;
const UNITS: Readonly<Record<string, number>> = { s: 1e9, sec: 1e9, ms: 1e6, msec: 1e6, us: 1e3, usec: 1e3, ns: 1, nsec: 1, m: 60e9, min: 60e9, h: 3600e9, hr: 3600e9, d: 86400e9, day: 86400e9 };

/** Reads `1000000000.5`, `-2ms`, `3min`; undefined when it is none. */
export function parseTime(text: string): TimeValue | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?\s*([a-z]*)$/i.exec(text.trim());
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) return undefined;
  const scale = UNITS[match[4]!.toLowerCase() || 's'];
  if (scale === undefined) return undefined;
  const fraction = `${match[3] ?? ''}000000000`.slice(0, 9);
  const unsigned = BigInt(match[2] || '0') * BigInt(scale) + (BigInt(fraction) * BigInt(scale)) / 1_000_000_000n;
  return timeOf(match[1] === '-' ? -unsigned : unsigned);
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
      if (value === undefined) return { error: `expected a time in seconds, such as 1.5 or 20ms, got "${text}"` };
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
