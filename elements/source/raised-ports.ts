/** Sources of ready-made UDP packets both of whose ports rise by one behind every INTERVAL packets (Click's FastUDPSource, FastUDPSourceIP6). */
import { checksum, flag, register, u16, u32, udp, type Packet } from 'wirelet';
import { LIMIT_MAX, RATE_MAX } from './premade.js';

export function datagramState(config: { readonly limit: number; readonly rate: number; readonly active: boolean }) {
  return {
    made: register('u32'),
    limit: register({ low: -1, high: LIMIT_MAX }, config.limit),
    rate: register({ low: 0, high: RATE_MAX }, config.rate),
    begin_us: register('u53'),
    end_us: register('u53'),
    risen: register('u16'),
    until: register('u32'),
    active: flag(config.active),
  };
}

interface Rising {
  readonly config: { readonly interval: number; readonly sport: number; readonly dport: number; readonly checksum: boolean };
  readonly state: { readonly made: number; risen: number; until: number };
}

/** Gives the next packet its ports, and with `whole` its checksum. */
export function raisePorts(packet: Packet, { config, state }: Rising, whole: boolean): void {
  if (state.made === 0) {
    state.risen = 0;
    state.until = 0;
  }
  if (state.until === config.interval) {
    state.until = 0;
    state.risen = u16(state.risen + 1);
  }
  state.until = u32(state.until + 1);
  const header = udp.at(packet);
  const sport = header.source_port;
  const dport = header.destination_port;
  header.source_port = u16(config.sport + state.risen);
  header.destination_port = u16(config.dport + state.risen);
  if (!config.checksum || !whole) return;
  const sum = checksum.update(checksum.update(header.checksum, sport, header.source_port), dport, header.destination_port);
  header.checksum = sum === 0 ? 0xffff : sum;
}
