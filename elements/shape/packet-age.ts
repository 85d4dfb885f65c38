/** When packets are old enough, by their time stamps. */
import { HandlerError, intervalText, TIME_RANGE, u32, type Handler, type Packet } from 'wirelet';

/**
 * Makes a packet's time stamp the time at which it is `age_us` old; one without a time stamp is as old as `now_us`. That time, in
 * microseconds since 1970.
 */
export function stampWithAge(packet: Packet, age_us: number, now_us: number): number {
  const stamped = packet.timestampSeconds === 0 ? now_us : packet.timestampSeconds * 1_000_000 + Math.trunc(packet.timestampNanoseconds / 1000);
  const due = Math.min(stamped + age_us, TIME_RANGE.high);
  stampWith(packet, due);
  return due;
}

/** Makes `time_us`, in microseconds since 1970, a packet's time stamp. */
export function stampWith(packet: Packet, time_us: number): void {
  packet.timestampSeconds = u32(Math.trunc(time_us / 1_000_000));
  packet.timestampNanoseconds = u32((time_us % 1_000_000) * 1000);
}

/** The handler of an argument `delay`. */
export const delayHandler: Handler<any, any, any> = {
  doc: 'Age at which packets leave.',
  read: ({ config }) => intervalText(config.delay),
  write({ reconfigure }, value) {
    try {
      reconfigure('delay', value.trim());
    } catch {
      throw new HandlerError('delay must be a timestamp');
    }
  },
};
