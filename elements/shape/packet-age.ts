/** When packets are old enough, by their time stamps. */
import { TIME_RANGE, type Handler, type Packet } from 'wirelet';

/** The time at which a packet is `age_us` old, in microseconds since 1970. */
export function timeOfAge(packet: Packet, age_us: number): number {
  const stamped = packet.timestampSeconds * 1_000_000 + Math.trunc(packet.timestampNanoseconds / 1000);
  return Math.min(stamped + age_us, TIME_RANGE.high);
}

/** A span as Click shows it, in seconds. */
export function secondsText(microseconds: number): string {
  return (microseconds / 1e6).toFixed(6);
}

/** The handler of an argument `delay`. */
export const delayHandler: Handler<any, any, any> = {
  doc: 'Age at which packets leave, in seconds.',
  read: ({ config }) => secondsText(config.delay),
  write: ({ reconfigure }, value) => reconfigure('delay', value),
};
