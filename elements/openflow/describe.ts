/** Messages about flows and ports: statistics, flow-removed, descriptions. */
import { copyConstant, drop, u16, u32, type Packet, type Verdict } from 'wirelet';
import { writeActions } from './action-codec.js';
import { FLOW, releaseFlow, TOTAL, type FlowTable } from './flow-table.js';
import { writeMatch10, writeMatch13 } from './match.js';
import { FLAG, storeTotal, TYPE, VERSION } from './protocol.js';
import { hears, NEWS } from './role.js';
import { CONNECTION, send, SEND, SESSION, writeHeader, type Agent } from './session.js';

/** OFPPR_MODIFY. */
const MODIFIED = 2;
/** Room for a description of one flow: a match with all masks, 16 actions. */
const ROOM = 1024;

/** Bytes of the header of statistics. */
export function statsBytes(version: number): number {
  return version === VERSION.v10 ? 12 : 16;
}

/** Writes the header of a reply with statistics. */
export function writeStats(message: Packet, version: number, xid: u32, kind: number, more: boolean): void {
  writeHeader(message, version, TYPE.stats_reply, xid);
  message.storeU16(8, kind & 0xffff);
  message.storeU16(10, more ? 1 : 0);
}

/** What a packet that asks for the description of a flow says, in annotations. */
const ASKED = Object.freeze({ flow: 24, xid: 28, session: 32, kind: 36 });
/** Kinds of descriptions: statistics, the last of them, that it was removed. */
const KIND = Object.freeze({ listed: 0, last: 1, removed: 2 });

/** Has a connection told about a flow. */
function ask(agent: Agent, session: number, flow: number, xid: u32, kind: number): void {
  const request = agent.packets.ofLength(0);
  if (request === null) return;
  request.setAnnotationU32(ASKED.flow, flow);
  request.setAnnotationU32(ASKED.xid, xid);
  request.setAnnotationU32(ASKED.session, session);
  request.setAnnotationU32(ASKED.kind, kind);
  agent.emit(agent.outputs.told, request);
}

/** Makes what `ask` sent the message that tells a connection about a flow, and sends it. */
export function describeFlow(agent: Agent, message: Packet): Verdict {
  const flows: FlowTable = agent.peers[0].state;
  const { built } = agent;
  const session = message.annotationU32(ASKED.session);
  const flow = message.annotationU32(ASKED.flow);
  const xid = message.annotationU32(ASKED.xid);
  const kind = message.annotationU32(ASKED.kind);
  if (session >= built.sessions || flow >= built.capacity) return drop('no_connection');
  const removed = kind === KIND.removed;
  const more = kind === KIND.listed;
  const version = agent.state.version[session];
  message.append(ROOM);
  const now = agent.clock.microseconds;
  const age = Math.max(0, now - flows.flow_created_us[flow]);
  const seconds = u32(Math.trunc(age / 1_000_000));
  const nanoseconds = (age % 1_000_000) * 1000;
  const reason = flows.flow_reason[flow];
  const upper = flows.flow_cookie[flow * 2];
  const lower = flows.flow_cookie[flow * 2 + 1];
  const priority = flows.flow_priority[flow];
  let length = 0;
  if (version === VERSION.v10) {
    writeMatch10(message, removed ? 8 : 16, flows, flow);
    // What follows the match lies in another order in both.
    const times = removed ? 60 : 56;
    message.storeU32(times, seconds);
    message.storeU32(times + 4, nanoseconds);
    message.storeU16(removed ? 56 : 64, priority);
    message.storeU16(removed ? 68 : 66, flows.flow_idle[flow]);
    const cookie = removed ? 48 : 76;
    message.storeU32(cookie, upper);
    message.storeU32(cookie + 4, lower);
    const totals = removed ? 72 : 84;
    storeTotal(message, totals, flows.flow_packets[flow]);
    storeTotal(message, totals + 8, flows.flow_bytes[flow]);
    if (removed) {
      message.storeU8(58, reason);
      length = 88;
    } else {
      message.storeU16(68, flows.flow_hard[flow]);
      length = 100 + writeActions(message, 100, version, flows, flow);
      message.storeU16(12, u16(length - 12));
    }
  } else {
    const at = removed ? 8 : 16;
    const match = removed ? 48 : 64;
    const end = match + writeMatch13(message, match, flows, flow);
    if (removed) {
      message.storeU32(8, upper);
      message.storeU32(12, lower);
      message.storeU16(16, priority);
      message.storeU8(18, reason);
      message.storeU32(20, seconds);
      message.storeU32(24, nanoseconds);
      length = end;
    } else {
      message.storeU32(20, seconds);
      message.storeU32(24, nanoseconds);
      message.storeU16(28, priority);
      message.storeU16(34, flows.flow_flags[flow]);
      message.storeU32(40, upper);
      message.storeU32(44, lower);
      const actions = writeActions(message, end + 8, version, flows, flow);
      if (actions > 0) {
        message.storeU16(end, 4);
        message.storeU16(end + 2, u16(actions + 8));
        message.storeU32(end + 4, 0);
      }
      length = actions > 0 ? end + 8 + actions : end;
      message.storeU16(16, u16(length - 16));
    }
    const timeouts = removed ? 28 : 30;
    message.storeU16(timeouts, flows.flow_idle[flow]);
    message.storeU16(timeouts + 2, flows.flow_hard[flow]);
    storeTotal(message, at + (removed ? 24 : 32), flows.flow_packets[flow]);
    storeTotal(message, at + (removed ? 32 : 40), flows.flow_bytes[flow]);
  }
  message.truncate(Math.max(0, length));
  if (removed) writeHeader(message, version, TYPE.flow_removed, 0);
  else writeStats(message, version, xid, 1, more);
  message.setAnnotationU32(CONNECTION, session);
  message.paint = SEND.data;
  return agent.outputs.stream;
}

/**
 * Tells what there is to tell about flows: about removed ones to those who want to know, and gives them back; about others to
 * `session`, if it is not below 0, as far as they are marked in `listed`.
 */
export function tellFlows(agent: Agent, session: number, xid: u32): void {
  const flows: FlowTable = agent.peers[0].state;
  const { built, state } = agent;
  if (session < 0 && flows.removed_count === 0) return;
  let last = -1;
  if (session >= 0) for (let flow = 0; flow < built.capacity; flow += 1) if (state.listed[flow] !== 0) last = flow;
  for (let flow = 0; flow < built.capacity; flow += 1) {
    const removed = flows.flow_status[flow] === FLOW.removed;
    const listed = session >= 0 && state.listed[flow] !== 0;
    if (!removed && !listed) continue;
    const wanted = removed && (flows.flow_flags[flow] & FLAG.send_removed) !== 0;
    for (let other = 0; other < built.sessions; other += 1) {
      const told = wanted ? state.status[other] === SESSION.ready && hears(agent, other, NEWS.flow_removed, flows.flow_reason[flow]) : listed && other === session;
      if (told) ask(agent, other, flow, xid, removed ? KIND.removed : flow === last ? KIND.last : KIND.listed);
    }
    state.listed[flow] = 0;
    if (removed) releaseFlow(flows, flow);
  }
}

/** Writes the description of a port: 48 bytes in 1.0, 64 in 1.3. */
export function writePort(agent: Agent, message: Packet, at: number, version: number, port: number): void {
  const { built, state } = agent;
  const base = version === VERSION.v10 ? 2 : 8;
  if (version === VERSION.v10) message.storeU16(at, u16(port + 1));
  else message.storeU32(at, port + 1);
  message.storeU48(at + base, built.addresses[port]);
  const name = at + base + (version === VERSION.v10 ? 6 : 8);
  copyConstant(message, name, built.names, port * 16, 16);
  message.storeU32(name + 16, state.port_config[port]);
  message.storeU32(name + 20, state.port_down[port]);
}

/** Says that something about a port is other than before. */
export function tellPort(agent: Agent, port: number): void {
  const { built, state } = agent;
  for (let session = 0; session < built.sessions; session += 1) {
    if (state.status[session] !== SESSION.ready || !hears(agent, session, NEWS.port_status, MODIFIED)) continue;
    const version = state.version[session];
    const status = agent.packets.ofLength(version === VERSION.v10 ? 64 : 80);
    if (status === null) continue;
    writeHeader(status, version, TYPE.port_status, 0);
    status.storeU8(8, MODIFIED);
    writePort(agent, status, 16, version, port);
    send(agent, session, status);
  }
}

/** Looks where ports lead now, and tells of those that lead somewhere no more, or again (OFPPS_LINK_DOWN). */
export function watchLinks(agent: Agent): void {
  const { built, state, links } = agent;
  for (let port = 0; port < built.ports; port += 1) {
    const at = built.interfaces[port]!;
    if (at < 0) continue;
    const down = links.isUp(at) ? 0 : 1;
    if (down === state.port_down[port]) continue;
    state.port_down[port] = down;
    tellPort(agent, port);
  }
}

/** Bytes of a port's statistics. */
export function portStatsBytes(version: number): number {
  return version === VERSION.v10 ? 104 : 112;
}

export function writePortStats(agent: Agent, message: Packet, at: number, version: number, port: number): void {
  const flows = agent.peers[0].state;
  if (version === VERSION.v10) message.storeU16(at, u16(port + 1));
  else message.storeU32(at, port + 1);
  storeTotal(message, at + 8, flows.received_packets[port + 1]);
  storeTotal(message, at + 16, flows.sent_packets[port + 1]);
  storeTotal(message, at + 24, flows.received_bytes[port + 1]);
  storeTotal(message, at + 32, flows.sent_bytes[port + 1]);
  if (version !== VERSION.v10) message.storeU32(at + 104, u32(Math.trunc(Math.min(TOTAL.high, Math.max(0, agent.clock.microseconds - agent.state.started_us)) / 1_000_000)));
}
