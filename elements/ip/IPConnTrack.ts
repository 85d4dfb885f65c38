/**
 * Stateful firewall: lets packets from outside pass only if they belong to a connection that was opened from inside.
 *
 * Input `inside` opens connections, and its packets leave by output `inside`; packets of input `outside` that belong to
 * one leave by output `outside`. Others leave by `refused`, counted by the reason. Put filters for what may be opened
 * in front of input `inside`.
 *
 * TCP goes through the states of RFC 6146, 3.5.2: opened by a SYN, established when the other side's SYN has come, then
 * closed by a FIN from each side, or by a RST, after which it is remembered for TRANSITORY_TIMEOUT; the defaults of the
 * times are those of RFC 5382 (REQ-5), RFC 4787 (REQ-5) and RFC 5508 (REQ-2). LOOSE takes up connections that
 * were open before the firewall was. For UDP an answer is what comes back between the same addresses and ports, for
 * ICMP what comes back with the same identifier to an echo request. ICMP errors pass if the packet they quote belongs
 * to a connection, and change nothing. Fragments but the first have no ports and are refused: reassemble before.
 * Sequence numbers are not looked at.
 *
 * Nothing is scanned for what is over: a connection ends when the next packet finds it out of time, or when it gives
 * way to another (that of its buckets which would end first), which `connections_evicted` counts.
 */
import { bool, defineElement, duration, example, icmp, ICMP_TYPE, integer, IP_PROTOCOL, ipv4, optional, push, table, tcp, udp } from 'wirelet';

/** How far a TCP connection is. What is not TCP is open or not, and established at once. */
const OPENING = 0;
const ESTABLISHED = 1;
const FIN_INSIDE = 2;
const FIN_OUTSIDE = 3;
const CLOSED = 4;
const RESET = 5;

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

/** The input that packets from inside come by. */
const INSIDE = 0;
/** No protocol: what has no ports, or none that can be told. */
const NOT_TRACKED = 255;
const ICMP_HEADER = 8;

/** When a connection ends: a time and a duration after it. */
const ENDS = { low: 0, high: 2 ** 53 };
const STAGES = { low: 0, high: RESET };

/** The stage after a TCP packet, RFC 6146, 3.5.2.2; `inside` says where it came from. */
function next(stage: number, flags: number, inside: boolean): number {
  const syn = (flags & SYN) !== 0;
  if ((flags & RST) !== 0) return RESET;
  if (stage === OPENING) return syn && !inside ? ESTABLISHED : OPENING;
  // A new connection between the same ports, before the old one is forgotten (RFC 9293, 3.6.1).
  if (stage === CLOSED) return syn && inside ? OPENING : CLOSED;
  if (stage === RESET) return syn && inside ? OPENING : ESTABLISHED;
  if ((flags & FIN) === 0) return stage;
  if (stage === ESTABLISHED) return inside ? FIN_INSIDE : FIN_OUTSIDE;
  return (stage === FIN_INSIDE) === inside ? stage : CLOSED;
}

const inner = 0x0a00_0002;
const server = 0xc633_6401;
const outward = (flags: number) => ipv4.make({ protocol: 6, source: inner, destination: server }, tcp.make({ source_port: 1025, destination_port: 80, flags }));
const inward = (flags: number) => ipv4.make({ protocol: 6, source: server, destination: inner }, tcp.make({ source_port: 80, destination_port: 1025, flags }));
const query = ipv4.make({ protocol: 17, source: inner, destination: server }, udp.make({ source_port: 5000, destination_port: 53 }));
const reply = ipv4.make({ protocol: 17, source: server, destination: inner }, udp.make({ source_port: 53, destination_port: 5000 }));
const ping = ipv4.make({ protocol: 1, source: inner, destination: server }, icmp.make({ type: 8, identifier: 77 }));
const pong = ipv4.make({ protocol: 1, source: server, destination: inner }, icmp.make({ type: 0, identifier: 77 }));
const unreachable = ipv4.make({ protocol: 1, source: 0xc633_6464, destination: inner }, icmp.make({ type: 3, code: 1 }, query));

export default defineElement({
  name: 'IPConnTrack',
  config: {
    capacity: integer({ default: 65_536, min: 1, max: 2 ** 22, doc: 'Connections remembered at once.' }),
    loose: bool({ default: false, keyword: true, doc: 'Let TCP packets from inside open connections without a SYN.' }),
    established_timeout: duration({ default: 7_440e6, keyword: true, doc: 'For TCP connections that are established: 2 hours 4 minutes (RFC 5382).' }),
    transitory_timeout: duration({ default: 240e6, keyword: true, doc: 'For TCP connections that are being opened, or are closed (RFC 5382).' }),
    udp_timeout: duration({ default: 300e6, keyword: true, doc: 'For UDP (RFC 4787).' }),
    icmp_timeout: duration({ default: 60e6, keyword: true, doc: 'For ICMP echo (RFC 5508).' }),
  },
  ports: {
    inputs: { inside: push('IPv4 packets with marked headers that may open connections.'), outside: push('IPv4 packets with marked headers that may not.') },
    outputs: { inside: push('Packets from inside.'), outside: push('Packets from outside that belong to a connection.'), refused: optional('The others, as they came.') },
  },
  counters: {
    connections_opened: 'Connections that were opened.',
    connections_evicted: 'Connections that gave way to others.',
    not_known: 'Packets from outside that belong to no connection.',
    not_opening: 'TCP packets from inside that belong to no connection and do not open one.',
    no_ports: 'Packets that are neither TCP, UDP nor ICMP echo or error, or whose ports are missing.',
  },
  split: 'flows',
  state: ({ config }) => ({
    connections: table({
      key: { protocol: 'u8', inside: 'u32', outside: 'u32', ports: 'u32' },
      fields: { stage: STAGES, expires_us: ENDS },
      capacity: config.capacity,
      evict: 'expires_us',
    }),
  }),
  process(packet, { config, state, counters, outputs, port, clock }) {
    const { connections } = state;
    const header = ipv4.at(packet);
    const inside = port === INSIDE;
    const length = packet.transportLength;
    let protocol = header.protocol;
    const isTcp = protocol === IP_PROTOCOL.tcp;
    let near = inside ? header.source : header.destination;
    let far = inside ? header.destination : header.source;
    // The port of the host inside * 65536 + that of the other.
    let ports = 0;
    // Of TCP; what is read with the ports needs no look at the length of its own.
    let flags = 0;
    let isError = false;
    if (header.fragment_offset !== 0) {
      protocol = NOT_TRACKED;
    } else if (isTcp) {
      if (length < 20) {
        protocol = NOT_TRACKED;
      } else {
        const segment = tcp.at(packet);
        flags = segment.flags;
        const source = segment.source_port;
        const destination = segment.destination_port;
        ports = inside ? (source * 65_536 + destination) >>> 0 : (destination * 65_536 + source) >>> 0;
      }
    } else if (length < 8) {
      protocol = NOT_TRACKED;
    } else if (protocol === IP_PROTOCOL.udp) {
      const segment = udp.at(packet);
      const source = segment.source_port;
      const destination = segment.destination_port;
      ports = inside ? (source * 65_536 + destination) >>> 0 : (destination * 65_536 + source) >>> 0;
    } else if (protocol === IP_PROTOCOL.icmp) {
      const message = icmp.at(packet);
      const type = message.type;
      isError = type === ICMP_TYPE.unreachable || type === ICMP_TYPE.time_exceeded || type === ICMP_TYPE.parameter_problem;
      // What asks comes from inside, what answers from outside.
      if (type === (inside ? ICMP_TYPE.echo : ICMP_TYPE.echo_reply)) {
        ports = message.identifier * 65_536;
      } else if (isError) {
        const quoted = Math.max(0, packet.transportHeaderOffset) + ICMP_HEADER;
        // Both lengths are checked before anything is read: 20 bytes, then the whole header and what has the ports.
        const quotedHeader = length >= ICMP_HEADER + 20 ? (packet.loadU8(quoted) & 15) * 4 : 0;
        if (quotedHeader < 20 || length < ICMP_HEADER + quotedHeader + 8) {
          protocol = NOT_TRACKED;
        } else {
          // An error goes against the packet that it is about.
          protocol = packet.loadU8(quoted + 9);
          near = packet.loadU32(quoted + (inside ? 16 : 12));
          far = packet.loadU32(quoted + (inside ? 12 : 16));
          const first = packet.loadU16(quoted + quotedHeader);
          const second = packet.loadU16(quoted + quotedHeader + 2);
          if (protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp) {
            ports = inside ? (second * 65_536 + first) >>> 0 : (first * 65_536 + second) >>> 0;
          } else if (protocol === IP_PROTOCOL.icmp) {
            ports = packet.loadU16(quoted + quotedHeader + 4) * 65_536;
          } else {
            protocol = NOT_TRACKED;
          }
        }
      } else {
        protocol = NOT_TRACKED;
      }
    } else {
      protocol = NOT_TRACKED;
    }
    if (protocol === NOT_TRACKED) {
      counters.no_ports.add(1);
      return outputs.refused;
    }
    const now = clock.microseconds;
    let slot = connections.find(protocol, near, far, ports);
    if (slot >= 0 && connections.expires_us[slot] < now) {
      connections.remove(slot);
      slot = -1;
    }
    if (slot < 0) {
      if (!inside || isError) {
        counters.not_known.add(1);
        return outputs.refused;
      }
      if (isTcp && ((flags & RST) !== 0 || (!config.loose && (flags & (SYN | ACK)) !== SYN))) {
        counters.not_opening.add(1);
        return outputs.refused;
      }
      if (connections.victim(protocol, near, far, ports) >= 0) counters.connections_evicted.add(1);
      slot = connections.insert(protocol, near, far, ports);
      if (slot >= 0) {
        counters.connections_opened.add(1);
        connections.stage[slot] = isTcp && (flags & SYN) !== 0 ? OPENING : ESTABLISHED;
        connections.expires_us[slot] = now + (isTcp ? ((flags & SYN) !== 0 ? config.transitory_timeout : config.established_timeout) : protocol === IP_PROTOCOL.udp ? config.udp_timeout : config.icmp_timeout);
      }
      return outputs.inside;
    }
    if (isTcp) {
      const before = connections.stage[slot];
      if (before === ESTABLISHED && (flags & (FIN | RST)) === 0) {
        connections.expires_us[slot] = now + config.established_timeout;
      } else {
        const after = next(before, flags, inside);
        connections.stage[slot] = after;
        // What is over ends a fixed time after it was closed, whatever still comes.
        const lasts = after === OPENING || after === CLOSED || after === RESET ? config.transitory_timeout : config.established_timeout;
        if (after !== CLOSED || before !== CLOSED) connections.expires_us[slot] = now + lasts;
      }
    } else if (!isError) {
      connections.expires_us[slot] = now + (protocol === IP_PROTOCOL.udp ? config.udp_timeout : config.icmp_timeout);
    }
    return inside ? outputs.inside : outputs.outside;
  },
  handlers: {
    size: { doc: 'Connections remembered, those out of time included.', read: ({ state }) => String(state.connections.length) },
  },
  examples: [
    example('lets nothing in that nobody asked for', [reply, inward(SYN), pong, unreachable], { refused: [reply, inward(SYN), pong, unreachable] }, { input: 1, counters: { not_known: 4 } }),
    example('opens a TCP connection with a SYN', [outward(SYN), outward(ACK)], { inside: [outward(SYN), outward(ACK)] }, { counters: { connections_opened: 1 } }),
    example('lets nothing out that does not open one', [outward(ACK), outward(SYN | ACK), outward(RST)], { refused: [outward(ACK), outward(SYN | ACK), outward(RST)] }, { counters: { not_opening: 3 } }),
    example('takes up what was open before', outward(ACK), { inside: outward(ACK) }, { config: 'LOOSE true', counters: { connections_opened: 1 } }),
    example('opens UDP and echo with any packet', [query, ping], { inside: [query, ping] }, { counters: { connections_opened: 2 } }),
    example('refuses what has no ports', [ipv4.make({ protocol: 47 }, new Uint8Array(8)), ipv4.make({ protocol: 17, fragment_offset: 2 }, new Uint8Array(8)), pong], { refused: [ipv4.make({ protocol: 47 }, new Uint8Array(8)), ipv4.make({ protocol: 17, fragment_offset: 2 }, new Uint8Array(8)), pong] }, { counters: { no_ports: 3 } }),
  ],
});
