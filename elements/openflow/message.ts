/** What is done with messages that arrive: those about the connection and the switch here, those about flows in flow-mod.ts. */
import { copyBytes, copyConstant, u32, type Packet } from 'wirelet';
import { portStatsBytes, statsBytes, tellFlows, tellPort, writePort, writePortStats, writeStats } from './describe.js';
import { flowMod, listFlows, packetOut } from './flow-mod.js';
import type { FlowTable } from './flow-table.js';
import { CLOSED } from './frame-notes.js';
import { ERROR, HEADER_BYTES, MESSAGE_MAX, shortPort, STATS, storeTotal, TYPE, TYPE_OF_10, VERSION } from './protocol.js';
import { answerWanted, changeRole, changes, isSlave, setWanted } from './role.js';
import { resetSession, send, sendError, SESSION, setMode, writeHeader, type Agent } from './session.js';

/** A message's type as 1.3 numbers it; 255: none. */
function typeOf(version: number, type: number): number {
  if (version !== VERSION.v10 || type < TYPE.group_mod) return type;
  return type <= 21 ? TYPE_OF_10[type - 15]! : 255;
}

/** Greets: our versions (1.3.5, 7.5.1). */
export function greet(agent: Agent, session: number): void {
  const { built } = agent;
  const message = agent.packets.ofLength(built.highest >= VERSION.v13 ? 16 : 8);
  if (message === null) return;
  writeHeader(message, built.highest, TYPE.hello, 0);
  if (built.highest >= VERSION.v13) {
    message.storeU32(8, 0x0001_0008);
    message.storeU32(12, built.versions);
  }
  send(agent, session, message);
}

/** The version that both sides speak, 0 if there is none. */
function negotiate(agent: Agent, message: Packet): number {
  const theirs = message.loadU8(0);
  const { versions, highest } = agent.built;
  if (message.length >= 16 && message.loadU16(8) === 1 && message.loadU16(10) >= 8) {
    const common = message.loadU32(12) & versions;
    return (common & (1 << VERSION.v13)) !== 0 ? VERSION.v13 : (common & (1 << VERSION.v10)) !== 0 ? VERSION.v10 : 0;
  }
  if (theirs >= VERSION.v13) return highest;
  return theirs === VERSION.v10 && (versions & (1 << VERSION.v10)) !== 0 ? VERSION.v10 : 0;
}

/** The first message on a connection. */
function meet(agent: Agent, session: number, message: Packet): void {
  const { state, built, counters } = agent;
  const version = message.loadU8(1) === TYPE.hello ? negotiate(agent, message) : 0;
  if (version === 0) {
    counters.refused.add(1);
    if (message.loadU8(1) === TYPE.hello) sendError(agent, session, built.highest, message, ERROR.incompatible);
    return resetSession(agent, session);
  }
  state.version[session] = version;
  state.status[session] = SESSION.ready;
  state.miss_bytes[session] = 128;
  state.config_flags[session] = 0;
  state.told[session] = state.main[session];
  if (state.main[session] === 0) return;
  state.controllers = u32(state.controllers + 1);
  state.plain_miss = version === VERSION.v10 ? 1 : 0;
  counters.controllers_met.add(1);
  setMode(agent);
}

function features(agent: Agent, session: number, version: number, xid: u32): void {
  const { built } = agent;
  const is10 = version === VERSION.v10;
  const reply = agent.packets.ofLength(is10 ? 32 + built.ports * 48 : 32);
  if (reply === null) return;
  writeHeader(reply, version, TYPE.features_reply, xid);
  reply.storeU32(8, built.datapath_upper);
  reply.storeU32(12, built.datapath_lower);
  reply.storeU32(16, 64);
  reply.storeU8(20, 1);
  reply.storeU32(24, is10 ? 0x87 : 0x07);
  if (is10) {
    reply.storeU32(28, 0x7ff);
    for (let port = 0; port < built.ports; port += 1) writePort(agent, reply, 32 + port * 48, version, port);
  }
  send(agent, session, reply);
}

/** Changes how a port is used, and tells so; what is wrong, or ERROR.none. */
function portMod(agent: Agent, message: Packet, version: number): number {
  const { built, state } = agent;
  const is10 = version === VERSION.v10;
  if (message.length < (is10 ? 32 : 40)) return ERROR.bad_length;
  const port = (is10 ? message.loadU16(8) : shortPort(message.loadU32(8))) - 1;
  if (port < 0 || port >= built.ports) return is10 ? ERROR.port10_bad : ERROR.port_bad;
  const config = message.loadU32(is10 ? 16 : 24);
  const mask = message.loadU32(is10 ? 20 : 28) & 0x7d;
  const after = (state.port_config[port] & ~mask & 0x7d) | (config & mask);
  state.port_config[port] = after;
  // Down, no packets received, no flooding, nothing forwarded, nothing to the controller.
  const down = (after & 1) !== 0;
  let closed = 0;
  if (down || (after & 4) !== 0) closed |= CLOSED.receive;
  if (down || (after & 32) !== 0) closed |= CLOSED.forward;
  if ((after & 16) !== 0) closed |= CLOSED.flood;
  if ((after & 64) !== 0) closed |= CLOSED.packet_in;
  agent.peers[0].state.port_closed[port + 1] = closed;
  tellPort(agent, port);
  return ERROR.none;
}

/** Statistics other than those of single flows; what is wrong, or ERROR.none. */
function statistics(agent: Agent, session: number, message: Packet, version: number, xid: u32): number {
  const { built, state } = agent;
  const flows: FlowTable & { looked_up: number; found: number } = agent.peers[0].state;
  const is10 = version === VERSION.v10;
  const head = statsBytes(version);
  if (message.length < head) return ERROR.bad_length;
  const kind = message.loadU16(8);
  if (kind === STATS.flow || kind === STATS.aggregate) {
    const wrong = listFlows(agent, message, version, kind === STATS.flow);
    if (wrong !== ERROR.none) return wrong;
    if (kind === STATS.flow && state.sum_flows > 0) {
      tellFlows(agent, session, xid);
      return ERROR.none;
    }
  }
  if (kind === STATS.port) {
    if (message.length < head + 8) return ERROR.bad_length;
    const wanted = is10 ? message.loadU16(12) : message.loadU32(16) === 0xffff_ffff ? 0xffff : shortPort(message.loadU32(16));
    if (wanted !== 0xffff && (wanted < 1 || wanted > built.ports)) return is10 ? ERROR.bad_stat : ERROR.bad_port;
    const last = wanted === 0xffff ? built.ports - 1 : wanted - 1;
    for (let port = 0; port < built.ports; port += 1) {
      if (wanted !== 0xffff && port !== last) continue;
      const reply = agent.packets.ofLength(head + portStatsBytes(version));
      if (reply === null) continue;
      writeStats(reply, version, xid, kind, port !== last);
      writePortStats(agent, reply, head, version, port);
      send(agent, session, reply);
    }
    return ERROR.none;
  }
  let length = 0;
  if (kind === STATS.desc) length = 1056;
  else if (kind === STATS.aggregate) length = 24;
  else if (kind === STATS.table) length = is10 ? 64 : 24;
  else if (kind === STATS.table_features && !is10) {
    // The table is as it is.
    if (message.length > head) return ERROR.features_unsupported;
    length = built.table_features.length;
  }
  else if (kind === STATS.port_desc && !is10) length = built.ports * 64;
  // There are no groups, meters and queues: lists of them are empty, and what they can do is nothing.
  else if (kind === STATS.group_features && !is10) length = 40;
  else if (kind === STATS.meter_features && !is10) length = 16;
  else if (kind !== STATS.flow && kind !== STATS.queue && (is10 || kind < STATS.group || kind > STATS.meter_config)) return ERROR.bad_stat;
  const reply = agent.packets.ofLength(head + length);
  if (reply === null) return ERROR.none;
  writeStats(reply, version, xid, kind, false);
  if (kind === STATS.desc) copyConstant(reply, head, built.description, 0, 1056);
  else if (kind === STATS.aggregate) {
    storeTotal(reply, head, state.sum_packets);
    storeTotal(reply, head + 8, state.sum_bytes);
    reply.storeU32(head + 16, state.sum_flows);
  } else if (kind === STATS.table) {
    const at = is10 ? head + 44 : head + 4;
    if (is10) {
      copyConstant(reply, head + 4, built.table, 0, 12);
      reply.storeU32(head + 36, 0x3f_ffff);
      reply.storeU32(head + 40, built.capacity);
    }
    reply.storeU32(at, flows.flow_count);
    storeTotal(reply, at + 4, flows.looked_up);
    storeTotal(reply, at + 12, flows.found);
  } else if (kind === STATS.table_features) {
    copyConstant(reply, head, built.table_features, 0, built.table_features.length);
  } else if (kind === STATS.port_desc) {
    for (let port = 0; port < built.ports; port += 1) writePort(agent, reply, head + port * 64, version, port);
  }
  send(agent, session, reply);
  return ERROR.none;
}

/** A port has no queues; what is wrong, or ERROR.none. */
function queues(agent: Agent, session: number, message: Packet, version: number, xid: u32): number {
  const is10 = version === VERSION.v10;
  if (message.length < (is10 ? 12 : 16)) return ERROR.bad_length;
  const port = is10 ? message.loadU16(8) : message.loadU32(8);
  const any = !is10 && port === 0xffff_ffff;
  if (!any && (port < 1 || port > agent.built.ports)) return is10 ? ERROR.queue10_bad_port : ERROR.queue_bad_port;
  const reply = agent.packets.ofLength(16);
  if (reply === null) return ERROR.none;
  writeHeader(reply, version, TYPE.queue_reply, xid);
  if (is10) reply.storeU16(8, port & 0xffff);
  else reply.storeU32(8, port);
  send(agent, session, reply);
  return ERROR.none;
}

/** The answer that repeats a request, under another type: echoes, barriers. */
function answerAlike(agent: Agent, session: number, message: Packet, version: number, type: number, length: number): void {
  const reply = agent.packets.ofLength(Math.min(length, MESSAGE_MAX));
  if (reply === null) return;
  copyBytes(reply, 0, message, 0, reply.length);
  writeHeader(reply, version, type, message.loadU32(4));
  send(agent, session, reply);
}

/** Does what a whole message says. */
export function handle(agent: Agent, session: number, message: Packet): void {
  const { state, counters } = agent;
  counters.messages.add(1);
  if (state.status[session] === SESSION.open) return meet(agent, session, message);
  const version = state.version[session];
  const type = typeOf(version, message.loadU8(1));
  const xid = message.loadU32(4);
  const { length } = message;
  let error: number = ERROR.none;
  if (message.loadU8(0) !== version) error = ERROR.bad_version;
  else if (isSlave(agent, session) && changes(type, message)) error = ERROR.is_slave;
  else if (type === TYPE.echo_request) answerAlike(agent, session, message, version, TYPE.echo_reply, length);
  else if (type === TYPE.barrier_request) answerAlike(agent, session, message, version, TYPE.barrier_reply, HEADER_BYTES);
  else if (type === TYPE.features_request) features(agent, session, version, xid);
  else if (type === TYPE.get_config_request) {
    const reply = agent.packets.ofLength(12);
    if (reply !== null) {
      writeHeader(reply, version, TYPE.get_config_reply, xid);
      reply.storeU16(8, state.config_flags[session]);
      reply.storeU16(10, state.miss_bytes[session]);
      send(agent, session, reply);
    }
  } else if (type === TYPE.set_config) {
    if (length < 12) error = ERROR.bad_length;
    else {
      state.config_flags[session] = message.loadU16(8) & 3;
      state.miss_bytes[session] = message.loadU16(10);
      // Who comes to look is told of frames once it says how much of them (ovs-ofctl monitor).
      if (state.main[session] === 0) state.told[session] = state.miss_bytes[session] > 0 ? 1 : 0;
    }
  } else if (type === TYPE.packet_out) error = packetOut(agent, message, version);
  else if (type === TYPE.flow_mod) error = flowMod(agent, message, version);
  else if (type === TYPE.port_mod) error = portMod(agent, message, version);
  else if (type === TYPE.stats_request) error = statistics(agent, session, message, version, xid);
  else if (type === TYPE.queue_request) error = queues(agent, session, message, version, xid);
  else if (type === TYPE.experimenter) error = ERROR.bad_experimenter;
  else if (type === TYPE.hello || type === TYPE.echo_reply || type === TYPE.error) error = ERROR.none;
  else if (version === VERSION.v10) error = ERROR.bad_type;
  else if (type === TYPE.role_request) error = changeRole(agent, session, message);
  else if (type === TYPE.async_request) answerWanted(agent, session, xid);
  else if (type === TYPE.async_set) error = setWanted(agent, session, message);
  else if (type === TYPE.group_mod) error = ERROR.group_none_left;
  else if (type === TYPE.meter_mod) error = ERROR.meter_none_left;
  else if (type === TYPE.table_mod) error = length < 16 ? ERROR.bad_length : message.loadU8(8) !== 0 && message.loadU8(8) !== 0xff ? ERROR.table_bad : ERROR.none;
  else error = ERROR.bad_type;
  sendError(agent, session, version, message, error);
  tellFlows(agent, -1, 0);
}
