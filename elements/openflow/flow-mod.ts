/** What controllers ask of flows and frames: flow-mod, packet-out, statistics of flows. */
import { copyBytes, type Packet, type u32 } from 'wirelet';
import { PORT } from './action.js';
import { nextActions, readActions, sendsTo, takeActions } from './action-codec.js';
import { addFlow, covers, EXTRA, findStrict, FLOW, overlaps, removeFlow, TOTAL, type FlowTable } from './flow-table.js';
import { FROM_AGENT, NOTE } from './frame-notes.js';
import { clearMatch, MATCH10_BYTES, readMatch10, readMatch13 } from './match.js';
import { COMMAND, ERROR, FLAG, MESSAGE_MAX, NO_BUFFER, REMOVED, shortPort, VERSION } from './protocol.js';
import { BUFFERS, type Agent } from './session.js';

/** Where the match of a message at `at` ends; below 0: minus what is wrong. 1.0: whether nothing is wild goes to `exact`. */
export function readMatch(agent: Agent, message: Packet, at: number, version: number): number {
  const flows: FlowTable = agent.peers[0].state;
  clearMatch(flows);
  agent.state.exact = 0;
  if (version === VERSION.v10) {
    if (message.length < at + MATCH10_BYTES) return -ERROR.bad_length;
    if (readMatch10(message, at, flows)) agent.state.exact = 1;
    return at + MATCH10_BYTES;
  }
  if (message.length < at + 8) return -ERROR.bad_length;
  const wrong = readMatch13(message, at, message.length, flows);
  if (wrong !== ERROR.none) return -wrong;
  const end = at + ((message.loadU16(at + 2) + 7) & ~7);
  return end > message.length ? -ERROR.bad_length : end;
}

/** Sends a frame to the switch, which does with it what `paint` says. */
function sendFrame(agent: Agent, frame: Packet, port: number, paint: number): void {
  frame.setAnnotationU32(NOTE.port, port & 0xffff);
  frame.paint = paint & 0xff;
  agent.counters.packet_outs.add(1);
  agent.emit(agent.outputs.frames, frame);
}

/** Takes the frame out of a buffer and sends it; what is wrong, or ERROR.none. */
export function sendBuffered(agent: Agent, buffer: u32, paint: number): number {
  const { state } = agent;
  const place = buffer % BUFFERS;
  if (state.buffer_number[place] !== buffer) return ERROR.buffer_unknown;
  const frame = state.buffers.take(place);
  if (frame === null) return ERROR.buffer_unknown;
  sendFrame(agent, frame, state.buffer_port[place], paint);
  return ERROR.none;
}

/** Does what a packet-out says; what is wrong with it, or ERROR.none. */
export function packetOut(agent: Agent, message: Packet, version: number): number {
  const flows: FlowTable = agent.peers[0].state;
  const { built } = agent;
  const fixed = version === VERSION.v10 ? 16 : 24;
  if (message.length < fixed) return ERROR.bad_length;
  const buffer = message.loadU32(8);
  const port = version === VERSION.v10 ? message.loadU16(12) : shortPort(message.loadU32(12));
  const end = fixed + message.loadU16(version === VERSION.v10 ? 14 : 16);
  if (end > message.length) return ERROR.bad_length;
  const list = built.capacity + EXTRA.scratch;
  flows.action_count[list] = 0;
  const wrong = readActions(message, fixed, end, version, flows, built.capacity, built.ports);
  if (wrong !== ERROR.none) return wrong;
  let paint: number = FROM_AGENT.perform;
  if (sendsTo(flows, list, PORT.table)) {
    // As the only action: the switch looks the frame up in place of a list.
    if (flows.action_count[list] !== 1) return ERROR.action_bad_out_port;
    paint = FROM_AGENT.look_up;
  }
  if (buffer !== NO_BUFFER) return sendBuffered(agent, buffer, paint);
  const length = message.length - end;
  if (length < 14 || length > MESSAGE_MAX) return ERROR.bad_length;
  const frame = agent.packets.ofLength(length);
  if (frame === null) return ERROR.none;
  copyBytes(frame, 0, message, end, length);
  sendFrame(agent, frame, port, paint);
  return ERROR.none;
}

/** Whether a flow's cookie is the one that is asked for, as far as the mask goes (1.3, 6.4). */
function hasCookie(flows: FlowTable, flow: number, upper: u32, lower: u32, upperMask: u32, lowerMask: u32): boolean {
  return ((flows.flow_cookie[flow * 2] ^ upper) & upperMask) === 0 && ((flows.flow_cookie[flow * 2 + 1] ^ lower) & lowerMask) === 0;
}

/** Does what a flow-mod says; what is wrong with it, or ERROR.none. */
export function flowMod(agent: Agent, message: Packet, version: number): number {
  const flows: FlowTable = agent.peers[0].state;
  const { built, state } = agent;
  const { capacity } = built;
  const is10 = version === VERSION.v10;
  if (message.length < (is10 ? 72 : 56)) return ERROR.bad_length;
  const matchEnd = readMatch(agent, message, is10 ? 8 : 48, version);
  if (matchEnd < 0) return -matchEnd;
  const command = is10 ? message.loadU16(56) : message.loadU8(25);
  const idle = message.loadU16(is10 ? 58 : 26);
  const hard = message.loadU16(is10 ? 60 : 28);
  const exact = is10 && state.exact !== 0;
  const priority = exact ? 0xffff : message.loadU16(is10 ? 62 : 30);
  const buffer = message.loadU32(is10 ? 64 : 32);
  const outPort = is10 ? message.loadU16(68) : message.loadU32(36) === 0xffff_ffff ? PORT.none : shortPort(message.loadU32(36));
  const flags = message.loadU16(is10 ? 70 : 44);
  const cookieAt = is10 ? 48 : 8;
  const upper = message.loadU32(cookieAt);
  const lower = message.loadU32(cookieAt + 4);
  const upperMask = is10 ? 0 : message.loadU32(16);
  const lowerMask = is10 ? 0 : message.loadU32(20);
  const removes = command === COMMAND.remove || command === COMMAND.remove_strict;
  const isStrict = command === COMMAND.modify_strict || command === COMMAND.remove_strict;
  if (command > COMMAND.remove_strict) return is10 ? ERROR.flow10_bad_command : ERROR.flow_bad_command;
  if (!is10 && message.loadU8(24) !== 0 && !(removes && message.loadU8(24) === 0xff)) return ERROR.flow_bad_table;
  if (is10 && (flags & FLAG.emergency) !== 0) return ERROR.flow10_table_full;
  flows.action_count[capacity + EXTRA.scratch] = 0;
  if (!removes) {
    let place: number = 72;
    let end = message.length;
    if (!is10) {
      const next = nextActions(message, matchEnd, message.length);
      if (next < 0) return -next;
      place = next;
      if (next < message.length) end = Math.max(0, next - 8 + message.loadU16(Math.max(0, next - 6)));
      // One list: of an instruction to apply actions, or to write them.
      if (end < message.length) {
        const more = nextActions(message, end, message.length);
        if (more < 0) return -more;
        if (more < message.length) return ERROR.instruction_unsupported;
      }
    }
    const wrong = readActions(message, place, end, version, flows, capacity, built.ports);
    if (wrong !== ERROR.none) return wrong;
    if (sendsTo(flows, capacity + EXTRA.scratch, PORT.table)) return ERROR.action_bad_out_port;
  }
  const now = agent.clock.microseconds;
  const same = findStrict(flows, capacity, priority);
  let adds = command === COMMAND.add;
  if (!adds) {
    let any = false;
    for (let flow = 0; flow < capacity; flow += 1) {
      if (flows.flow_status[flow] !== FLOW.live) continue;
      if (isStrict ? flow !== same : !covers(flows, flow)) continue;
      if (!is10 && !hasCookie(flows, flow, upper, lower, upperMask, lowerMask)) continue;
      if (removes) {
        if (outPort !== PORT.none && !sendsTo(flows, flow, outPort)) continue;
        removeFlow(flows, capacity, flow, REMOVED.deleted);
      } else {
        any = true;
        takeActions(flows, capacity, flow);
        if (is10) {
          flows.flow_cookie[flow * 2] = upper;
          flows.flow_cookie[flow * 2 + 1] = lower;
        } else if ((flags & FLAG.reset_counts) !== 0) {
          flows.flow_packets[flow] = 0;
          flows.flow_bytes[flow] = 0;
        }
      }
    }
    // Before 1.3 a change of what is not there adds it.
    if (is10 && !removes && !any) adds = true;
  }
  if (adds) {
    if ((flags & FLAG.check_overlap) !== 0) {
      for (let flow = 0; flow < capacity; flow += 1) {
        if (flows.flow_status[flow] === FLOW.live && flow !== same && flows.flow_priority[flow] === priority && overlaps(flows, flow)) return is10 ? ERROR.flow10_overlap : ERROR.flow_overlap;
      }
    }
    const known = same < capacity;
    const flow = known ? same : addFlow(flows, capacity, priority, now);
    if (flow >= capacity) return is10 ? ERROR.flow10_table_full : ERROR.flow_table_full;
    takeActions(flows, capacity, flow);
    flows.flow_cookie[flow * 2] = upper;
    flows.flow_cookie[flow * 2 + 1] = lower;
    flows.flow_idle[flow] = idle;
    flows.flow_hard[flow] = hard;
    flows.flow_flags[flow] = flags;
    flows.flow_created_us[flow] = now;
    flows.flow_used_us[flow] = now;
    if (is10 || (flags & FLAG.reset_counts) !== 0) {
      flows.flow_packets[flow] = 0;
      flows.flow_bytes[flow] = 0;
    }
    agent.counters.flows_added.add(1);
  }
  return !removes && buffer !== NO_BUFFER ? sendBuffered(agent, buffer, FROM_AGENT.look_up) : ERROR.none;
}

/**
 * Finds the flows that a request for statistics is about, marks them in `listed`, and sums them up. What is wrong with the request, or
 * ERROR.none.
 */
export function listFlows(agent: Agent, message: Packet, version: number, listed: boolean): number {
  const flows: FlowTable = agent.peers[0].state;
  const { built, state } = agent;
  const is10 = version === VERSION.v10;
  const end = readMatch(agent, message, is10 ? 12 : 48, version);
  if (end < 0) return -end;
  if (is10 && message.length < 56) return ERROR.bad_length;
  const table = message.loadU8(is10 ? 52 : 16);
  const long = is10 ? 0 : message.loadU32(20);
  const outPort = is10 ? message.loadU16(54) : long === 0xffff_ffff ? PORT.none : shortPort(long);
  state.sum_packets = 0;
  state.sum_bytes = 0;
  state.sum_flows = 0;
  for (let flow = 0; flow < built.capacity; flow += 1) {
    state.listed[flow] = 0;
    if (flows.flow_status[flow] !== FLOW.live || (table !== 0 && table !== 0xff) || !covers(flows, flow)) continue;
    if (outPort !== PORT.none && !sendsTo(flows, flow, outPort)) continue;
    if (!is10 && !hasCookie(flows, flow, message.loadU32(32), message.loadU32(36), message.loadU32(40), message.loadU32(44))) continue;
    if (listed) state.listed[flow] = 1;
    state.sum_packets = Math.min(state.sum_packets + flows.flow_packets[flow], TOTAL.high);
    state.sum_bytes = Math.min(state.sum_bytes + flows.flow_bytes[flow], TOTAL.high);
    state.sum_flows = Math.min(state.sum_flows + 1, built.capacity);
  }
  return ERROR.none;
}
