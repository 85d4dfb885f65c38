/** Sources of ready-made UDP packets both of whose ports rise by one behind every INTERVAL packets (Click's FastUDPSource, FastUDPSourceIP6). */
import { bool, checksum, integer, register, u16, u32, udp, type Packet } from 'wirelet';
import { premadeState } from './premade.js';

/** The arguments behind addresses and ports. */
export const datagramArguments = {
  checksum: bool({ default: true, doc: 'Whether the UDP checksum is set.' }),
  interval: integer({ default: 0, doc: 'Packets behind which the ports rise; 0: never.' }),
  active: bool({ default: true, doc: 'Whether it works.' }),
};

export function datagramState(config: { readonly limit: number; readonly rate: number; readonly active: boolean }) {
  return {
    ...premadeState(config),
    risen: register('u16'),
    until: register('u32'),
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
