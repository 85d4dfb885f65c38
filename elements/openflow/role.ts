/**
 * Controllers side by side (OpenFlow 1.3.5, 6.3): each connection has a role, and says what it wants to be told unasked. A master is the
 * only one there is; who was it becomes a slave, which may ask but change nothing. Requests are ordered by the number of an election.
 */
import { array, flag, register, u16, u32, type Packet } from 'wirelet';
import { ERROR, STATS, TYPE, VERSION } from './protocol.js';
import { send, writeHeader, type Agent } from './session.js';

/** OFPCR_ROLE_... */
export const ROLE = Object.freeze({ no_change: 0, equal: 1, master: 2, slave: 3 });
/** What a connection is told unasked, in the order of OFPT_SET_ASYNC; for each a mask of reasons. */
export const NEWS = Object.freeze({ packet_in: 0, port_status: 1, flow_removed: 2 });
const KINDS = 3;
/** All reasons that there are for each kind, and what slaves hear unless they ask for more (6.3.6). */
const REASONS = [7, 7, 15] as const;
const SLAVE_REASONS = [0, 7, 0] as const;

export const roleState = (sessions: number) => ({
  role: array('u8', sessions, ROLE.equal),
  /** Masks of reasons, by connection and kind: as master or equal, as slave. */
  wanted: array('u16', sessions * KINDS * 2),
  /** The number of the last election, if there was one. */
  elected: flag(),
  election_upper: register('u32'),
  election_lower: register('u32'),
});

/** A connection begins: it is equal to others, and hears what equals do. */
export function beginRole(agent: Agent, session: number): void {
  const { state } = agent;
  state.role[session] = ROLE.equal;
  for (let kind = 0; kind < KINDS; kind += 1) {
    state.wanted[(session * KINDS + kind) * 2] = REASONS[kind]!;
    state.wanted[(session * KINDS + kind) * 2 + 1] = SLAVE_REASONS[kind]!;
  }
}

/** Whether a connection that is told of changes wants to hear of this one. */
export function hears(agent: Agent, session: number, kind: number, reason: number): boolean {
  const { state } = agent;
  if (state.told[session] === 0) return false;
  const mask = state.wanted[(session * KINDS + kind) * 2 + (state.role[session] === ROLE.slave ? 1 : 0)];
  return (mask & (1 << (reason & 15))) !== 0;
}

/** Whether a request is for those only who are no slaves. */
export function changes(type: number, message: Packet): boolean {
  if (type === TYPE.stats_request) return message.length > 16 && message.loadU16(8) === STATS.table_features;
  return type === TYPE.packet_out || type === TYPE.flow_mod || type === TYPE.group_mod || type === TYPE.port_mod || type === TYPE.table_mod || type === TYPE.meter_mod;
}

export function isSlave(agent: Agent, session: number): boolean {
  return agent.state.role[session] === ROLE.slave;
}

/** Gives a connection the role that it asks for, and tells it which it has; what is wrong, or ERROR.none. */
export function changeRole(agent: Agent, session: number, message: Packet): number {
  const { state, built } = agent;
  if (message.length < 24) return ERROR.bad_length;
  const role = message.loadU32(8);
  if (role > ROLE.slave) return ERROR.role_bad;
  if (role >= ROLE.master) {
    const upper = message.loadU32(16);
    const lower = message.loadU32(20);
    // The distance to the last election, as a signed number of 64 bits.
    const borrow = lower < state.election_lower ? 1 : 0;
    if (state.elected && ((upper - state.election_upper - borrow) & 0x8000_0000) !== 0) return ERROR.role_stale;
    state.elected = true;
    state.election_upper = upper;
    state.election_lower = lower;
    if (role === ROLE.master) {
      for (let other = 0; other < built.sessions; other += 1) if (state.role[other] === ROLE.master) state.role[other] = ROLE.slave;
    }
  }
  if (role !== ROLE.no_change) {
    state.role[session] = role & 3;
    // Who takes a role is a controller, and told of what happens.
    state.told[session] = 1;
  }
  const reply = agent.packets.ofLength(24);
  if (reply === null) return ERROR.none;
  writeHeader(reply, VERSION.v13, TYPE.role_reply, message.loadU32(4));
  reply.storeU32(8, state.role[session]);
  reply.storeU32(16, state.elected ? state.election_upper : 0xffff_ffff);
  reply.storeU32(20, state.elected ? state.election_lower : 0xffff_ffff);
  send(agent, session, reply);
  return ERROR.none;
}

/** Says what a connection is told unasked. */
export function answerWanted(agent: Agent, session: number, xid: u32): void {
  const { state } = agent;
  const reply = agent.packets.ofLength(32);
  if (reply === null) return;
  writeHeader(reply, VERSION.v13, TYPE.async_reply, xid);
  for (let index = 0; index < KINDS * 2; index += 1) reply.storeU32(8 + index * 4, state.wanted[session * KINDS * 2 + index]);
  send(agent, session, reply);
}

/** Sets what a connection is told unasked; what is wrong, or ERROR.none. */
export function setWanted(agent: Agent, session: number, message: Packet): number {
  const { state } = agent;
  if (message.length < 32) return ERROR.bad_length;
  for (let index = 0; index < KINDS * 2; index += 1) state.wanted[session * KINDS * 2 + index] = u16(message.loadU32(8 + index * 4));
  return ERROR.none;
}
