/** The server of a packet's flow: chosen for its first packet, and kept. */
import { ipv4, type Clock, type Counter, type Packet, type Random, type StateValues } from 'wirelet';
import { pickServer, type Balance, type flowState } from './balance.js';
import { portsOf } from './servers.js';

interface Choosing {
  readonly built: { readonly balance: Balance };
  readonly state: StateValues<ReturnType<typeof flowState>>;
  readonly counters: { readonly flows_begun?: Counter };
  readonly clock: Clock;
  readonly random: Random;
}

/** Its number; -1: there is no room for another flow. */
export function serverOfFlow(packet: Packet, { built, state, counters, clock, random }: Choosing): number {
  const header = ipv4.at(packet);
  const { flows } = state;
  const source = header.source;
  const destination = header.destination;
  const ports = portsOf(packet);
  const protocol = header.protocol;
  const known = flows.find(source, destination, ports, protocol);
  const slot = known >= 0 ? known : flows.insert(source, destination, ports, protocol);
  if (slot < 0) return -1;
  flows.seen_us[slot] = clock.microseconds;
  if (known < 0) {
    flows.server[slot] = pickServer(packet, built.balance, state, random) % built.balance.count;
    counters.flows_begun!.add(1);
  }
  return flows.server[slot]!;
}
