/** A segment from the network: to whom it belongs, what it does there, and what is answered. */
import { consumed, drop, ipv4, ipv6, kept, tcp as layout, TCP_FLAG, TIME_RANGE, u16, u32, type Packet, type Verdict } from 'wirelet';
import { ARRIVED, arrive, endOf, establishFromCookie } from './arrive.js';
import { before, FLAG, STATUS, type Tcp } from './connection.js';
import { makeCookie, readCookie, readStampedOptions, stampOptions } from './cookie.js';
import { DATA_BYTES_6, finishSegment6, hasAddresses, isHost6, isWhole6, LONGER_BYTES, noteAddresses, ownAlias, peerAlias, swapAddresses } from './ipv6.js';
import { agree, allocate, initialSequence, portsOf, release } from './lifetime.js';
import { readOptions, synOptionBytes, writeSynOptions } from './options.js';
import { drain, keep } from './text.js';
import { finishSegment, transmit } from './transmit.js';

/** How the application takes part; each gets the element's context and the number of the connection. */
export interface Application {
  /** See `transmit`. */
  fill(tcp: any, c: number, packet: Packet, place: u16, sequence: u32, length: u16): void;
  /** See `drain`. */
  deliver(tcp: any, c: number, packet: Packet): number;
  finished(tcp: any, c: number): void;
  /** The connection is open. */
  opened(tcp: any, c: number): void;
  /** More of what was sent was acknowledged, up to `snd_una`. */
  acknowledged(tcp: any, c: number): void;
  /** The connection is about to be forgotten; why, by END. */
  ended(tcp: any, c: number, why: number): void;
}

/** Cookies are accepted this long after the last that was sent. */
const COOKIES_US = 120_000_000;
const RST_BYTES = 40;

/** Whether an address can be that of one host. */
function isHost(address: u32): boolean {
  return address >>> 24 !== 0 && address < 0xe000_0000;
}

/** A connection that is over but still known, which may give way to a new one; its number, or -1. */
function findOver(tcp: Tcp): number {
  const { state } = tcp;
  const count = state.status.length;
  const start = tcp.random.below(count);
  let found = -1;
  for (let step = 0; step < 64; step += 1) {
    const c = (start + step) % count;
    if (state.status[c] === STATUS.time_wait) {
      found = c;
      break;
    }
  }
  return found;
}

export function segmentArrives(
  packet: Packet, tcp: Tcp,
  fill: Application['fill'], deliver: Application['deliver'], finished: Application['finished'], opened: Application['opened'], acknowledged: Application['acknowledged'], ended: Application['ended'],
): Verdict {
  const { state, built, counters, clock, outputs, emit } = tcp;
  const header = ipv4.at(packet);
  const network = packet.networkHeaderOffset;
  const transport = packet.transportHeaderOffset;
  if (network < 0 || transport < 0) return drop('not_tcp');
  const over6 = built.tcp.ipv6 && packet.loadU8(network) >>> 4 === 6;
  if (over6) {
    if (!isWhole6(packet, network, transport)) return drop('not_tcp');
  } else if (header.protocol !== 6 || (header.fragment & 0x3fff) !== 0) return drop('not_tcp');
  const end = over6 ? transport + ipv6.at(packet).payload_length : network + header.total_length;
  if (end > packet.length || end < transport + 20) return drop('not_tcp');
  const segment = layout.at(packet);
  const data = transport + segment.data_offset * 4;
  if (data < transport + 20 || data > end) return drop('not_tcp');
  const port = segment.destination_port;
  if (!(over6 ? isHost6(packet) : isHost(header.source)) || segment.source_port === 0) return drop('bad_source');
  const peer = over6 ? peerAlias(tcp, packet) : header.source;
  const own = over6 ? ownAlias(tcp, packet) : header.destination;
  if (!readOptions(packet, u16(transport + 20), u16(data), state)) return drop('bad_options');
  const ports = portsOf(port, segment.source_port);
  const sequence = segment.sequence;
  const acknowledgement = segment.acknowledgement;
  const bits = segment.flags;
  const asks = (bits & (TCP_FLAG.syn | TCP_FLAG.ack | TCP_FLAG.rst)) === TCP_FLAG.syn;
  const length = u16(end - data);
  const slot = state.by_address.find(peer, own, ports);
  let c: number = slot >= 0 ? state.by_address.connection[slot]! : -1;
  // By chance something else stands for the same: only one of them can be served.
  if (over6 && c >= 0 && !hasAddresses(tcp, c, packet, network)) return drop('no_connection');
  // A new connection may take the place of one that is over (RFC 9293, 3.6.1; RFC 6191).
  const again = c >= 0 && state.status[c] === STATUS.time_wait && asks && before(state.rcv_nxt[c], sequence);
  const over = again ? c : c < 0 && asks && state.free >= state.status.length ? findOver(tcp) : -1;
  if (over >= 0) {
    ended(tcp, over, 0);
    release(tcp, over);
  }
  if (again) c = -1;
  let outcome: number = ARRIVED.done;
  let cookie = false;
  if (c >= 0) {
    outcome = arrive(tcp, c, packet, u16(transport), u16(data), length);
  } else {
    if ((bits & TCP_FLAG.rst) !== 0) return drop('no_connection');
    const listens = built.tcp.port !== 0 && port === built.tcp.port;
    let iss: number = 0;
    let opens = false;
    let half = false;
    if (asks && listens) {
      cookie = state.half_open >= built.tcp.half_open;
      opens = !cookie;
      half = true;
      iss = initialSequence(tcp, peer, own, ports);
    } else if (listens && (bits & (TCP_FLAG.syn | TCP_FLAG.ack)) === TCP_FLAG.ack && state.cookies_until > clock.microseconds) {
      const mss = readCookie(tcp, peer, own, ports, u32(sequence - 1), u32(acknowledgement - 1));
      if (mss >= 0) {
        opens = true;
        iss = u32(acknowledgement - 1);
        state.option_mss = u16(mss);
        readStampedOptions(tcp);
      } else if (end > data || (bits & TCP_FLAG.fin) !== 0) {
        // It may come before the segment that brings the cookie back: who gets no answer sends both again.
        return drop('no_connection');
      }
    }
    if (opens) c = allocate(tcp, peer, own, ports, iss);
    if (c >= 0) {
      if (over6) noteAddresses(tcp, c, packet, network);
      agree(tcp, c, half ? sequence : u32(sequence - 1));
      if (half) {
        state.status[c] = STATUS.syn_received;
        state.half_open = Math.min(state.half_open + 1, 0xffff_ffff);
      } else {
        state.rcv_edge[c] = u32(state.rcv_nxt[c] + Math.min(0xffff, built.tcp.window));
        establishFromCookie(tcp, c);
        outcome = arrive(tcp, c, packet, u16(transport), u16(data), length);
      }
    } else if (!cookie) {
      outcome = ARRIVED.refused;
      // There is no room for it, or nobody listens; or there is none when its cookie comes back.
      if (asks || opens) {
        counters.connections_refused.add(1);
        if (!built.tcp.resets) return drop('not_listening');
      }
    }
  }
  if (outcome !== ARRIVED.refused && c >= 0) {
    if (outcome === ARRIVED.text) {
      packet.truncate(end);
      packet.strip(data);
      keep(tcp, c, packet, sequence, bits);
    } else emit(consumed, packet);
    if (outcome === ARRIVED.reset) {
      if (endOf(tcp, c) !== 0) counters.aborted.add(1);
      ended(tcp, c, endOf(tcp, c));
      release(tcp, c);
      return kept;
    }
    if (state.status[c] >= STATUS.established) {
      if ((state.flags[c] & FLAG.told) === 0) {
        state.flags[c] = state.flags[c] | FLAG.told;
        opened(tcp, c);
      }
      acknowledged(tcp, c);
      if (outcome === ARRIVED.text) drain(tcp, c, deliver, finished);
    }
    transmit(tcp, c, fill);
    return kept;
  }
  // An answer of its own: a RST (RFC 9293, 3.10.7.1), or a cookie, with the other options if timestamps can carry them.
  const acknowledges = (bits & TCP_FLAG.ack) !== 0;
  const stamped = state.option_timestamps !== 0;
  const scale = stamped && state.option_scale >= 0 ? built.tcp.scale : -1;
  const longer = over6 ? LONGER_BYTES : 0;
  const bytes = RST_BYTES + longer + (cookie ? synOptionBytes(scale, false, stamped) : 0);
  if (packet.length < network + bytes) packet.append(bytes);
  if (network > 0) packet.strip(network);
  packet.truncate(bytes);
  const answer = layout.atOffset(packet, 20 + longer);
  answer.source_port = port;
  answer.destination_port = ports & 0xffff;
  const next = u32(sequence + length + ((bits & TCP_FLAG.syn) !== 0 ? 1 : 0) + ((bits & TCP_FLAG.fin) !== 0 ? 1 : 0));
  answer.sequence = cookie ? makeCookie(tcp, peer, own, ports, sequence, state.option_mss !== 0 ? state.option_mss : over6 ? DATA_BYTES_6 : 536) : acknowledges ? acknowledgement : 0;
  answer.acknowledgement = cookie ? u32(sequence + 1) : acknowledges ? 0 : next;
  answer.data_offset = ((bytes - longer - 20) >>> 2) & 15;
  answer.flags = cookie ? TCP_FLAG.syn | TCP_FLAG.ack : acknowledges ? TCP_FLAG.rst : TCP_FLAG.rst | TCP_FLAG.ack;
  answer.window = cookie ? Math.min(0xffff, built.tcp.window) : 0;
  answer.urgent = 0;
  if (cookie) {
    writeSynOptions(packet, 40 + longer, built.tcp.mss - longer, scale, stamped && state.option_sack !== 0, stamped, stampOptions(tcp), state.option_value);
    counters.cookies_sent.add(1);
    state.cookies_until = Math.min(clock.microseconds + COOKIES_US, TIME_RANGE.high);
  }
  if (over6) {
    swapAddresses(packet);
    finishSegment6(packet);
  } else finishSegment(packet, own, peer);
  packet.paint = 0;
  return outputs.out;
}
