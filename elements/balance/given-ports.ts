/**
 * Ports of one address that flows are given in turn, and who gets the answers to them: what a translator and a balancer of its kind
 * have in common, and what the elements for their way back ask.
 */
import { duration, integer, IP_PROTOCOL, ipv4, register, table, TIME_RANGE, type i32, type Packet, type StateValues, type u32, type u53, type u8 } from 'wirelet';
import { portsOf } from './servers.js';

/** Ports below are for services (RFC 6335, 6). */
const PORT_MIN = 1024;
const PORT_MAX = 65_535;
/** Ports that are tried for a new flow, at most. */
const TRIES = 64;

export const givenPortArguments = {
  timeout: duration({ default: 300e6, keyword: true, doc: 'Time after which a flow without packets gives its port up.' }),
  capacity: integer({ default: 16_384, min: 1, max: 2 ** 20, keyword: true, doc: 'Flows remembered at once.' }),
};

export function givenPortState(capacity: number) {
  return {
    /** By the other side's address and port, and the port given. */
    answers: table({ key: { remote: 'u32', ports: 'u32', protocol: 'u8' }, fields: { host: 'u32', host_port: 'u16', asked: 'u32', seen_us: TIME_RANGE }, capacity, evict: 'seen_us' }),
    next: register({ low: PORT_MIN, high: PORT_MAX }, PORT_MIN),
  };
}

type GivenPorts = StateValues<ReturnType<typeof givenPortState>>;

/** Whether a packet has ports: TCP or UDP, and no fragment but the first. */
export function hasPorts(packet: Packet): boolean {
  const header = ipv4.at(packet);
  return (header.protocol === IP_PROTOCOL.tcp || header.protocol === IP_PROTOCOL.udp) && header.fragment_offset === 0 && packet.transportLength >= 8;
}

/** A port for a new flow to `port` of `remote`, which no other flow there has; negative: none was found. */
export function choosePort(state: GivenPorts, remote: u32, port: number, protocol: u8, now: u53, timeout: number): i32 {
  const { answers } = state;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const candidate = state.next;
    state.next = candidate < PORT_MAX ? candidate + 1 : PORT_MIN;
    const other = answers.find(remote, (port & 0xffff) * 65_536 + candidate, protocol);
    if (other < 0 || now - answers.seen_us[other] > timeout) return candidate;
  }
  return -1;
}

/** Remembers that answers from `port` of `remote` to the port `given` are for `hostPort` of `host`, which asked `asked`; false: there is no room. */
export function awaitAnswer(state: GivenPorts, remote: u32, port: number, protocol: u8, given: number, host: u32, hostPort: number, asked: u32, now: u53): boolean {
  const { answers } = state;
  const slot = answers.insert(remote, (port & 0xffff) * 65_536 + (given & 0xffff), protocol);
  if (slot < 0) return false;
  answers.host[slot] = host;
  answers.host_port[slot] = hostPort & 0xffff;
  answers.asked[slot] = asked;
  answers.seen_us[slot] = now;
  return true;
}

/** The entry of the flow that a packet answers, which goes on; negative: it answers none. */
export function answeredFlow(packet: Packet, state: GivenPorts, now: u53, timeout: number): i32 {
  const header = ipv4.at(packet);
  const protocol = header.protocol;
  if (protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) return -1;
  const { answers } = state;
  const slot = answers.find(header.source, portsOf(packet), protocol);
  if (slot < 0 || now - answers.seen_us[slot] > timeout) return -1;
  answers.seen_us[slot] = now;
  return slot;
}
