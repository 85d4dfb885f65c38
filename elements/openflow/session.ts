/** The connections of an OpenFlowAgent, each with its version and its manners, and what is sent on them. */
import { array, below, copyBytes, packetLists, register, TIME_RANGE, u16, type Packet, type u32 } from 'wirelet';
import { forgetCached, EXTRA } from './flow-table.js';
import { CITED_BYTES, HEADER_BYTES, TYPE, VERSION } from './protocol.js';

/** States of a connection: none, its version is not known yet, or all is said. */
export const SESSION = Object.freeze({ closed: 0, open: 1, ready: 2 });
/** Annotation with the number of the connection, and what packets of streams are by their paint: see TCPEndpoint. */
export const CONNECTION = 20;
export const EVENT = Object.freeze({ data: 0, opened: 1, finished: 2, ended: 3, too_long: 4, no_message: 5 });
export const SEND = Object.freeze({ data: 0, last: 1, reset: 2 });
/** Frames that wait for the controller's word on them, each under a number. */
export const BUFFERS = 64;

export const sessionState = (sessions: number) => ({
  status: array(below(3), sessions),
  version: array('u8', sessions),
  /** The connection that this side made: that to the controller. */
  main: array('u8', sessions),
  /** Whether it is told of frames and changes unasked. */
  told: array('u8', sessions),
  config_flags: array('u16', sessions),
  miss_bytes: array('u16', sessions, 128),
  heard_us: array(TIME_RANGE, sessions),
  asked: array('u8', sessions),
  buffers: packetLists(BUFFERS, BUFFERS),
  buffer_number: array('u32', BUFFERS),
  buffer_port: array('u16', BUFFERS),
  next_buffer: register('u32'),
  /** When the allowance for frames to the controller is full again. */
  full_at: register(TIME_RANGE),
  /** Controllers that are there, and whether frames that no flow matches go to them, as in 1.0. */
  controllers: register('u32'),
  plain_miss: register('u8'),
});

/** What the functions beside it use of an OpenFlowAgent's context. */
export type Agent = any;

/** Sends a message. */
export function send(agent: Agent, session: number, message: Packet): void {
  message.setAnnotationU32(CONNECTION, session);
  message.paint = SEND.data;
  agent.emit(agent.outputs.stream, message);
}

/** The type of a message as the version has it. */
function numberOf(version: number, type: number): number {
  if (version !== VERSION.v10 || type < TYPE.port_mod) return type;
  return (type - 1 - (type > TYPE.table_mod ? 1 : 0)) & 0xff;
}

/** Writes the header of a message, whose length is that of the packet. */
export function writeHeader(message: Packet, version: number, type: number, xid: u32): void {
  message.storeU8(0, version & 0xff);
  message.storeU8(1, numberOf(version, type));
  message.storeU16(2, u16(message.length));
  message.storeU32(4, xid);
}

/** Sets what becomes of frames: by the flows while there is a controller, as FAIL says without, as MISS of the switch where none is meant to be. */
export function setMode(agent: Agent): void {
  const flows = agent.peers[0].state;
  const { built } = agent;
  const there = agent.state.controllers > 0;
  flows.bypass = !there && built.expects && built.standalone ? 1 : 0;
  if (built.expects) flows.miss = there ? (agent.state.plain_miss !== 0 ? EXTRA.miss : EXTRA.none) : EXTRA.none;
  forgetCached(flows);
}

/** Forgets a connection. */
export function closeSession(agent: Agent, session: number): void {
  const { state } = agent;
  if (state.status[session] === SESSION.ready && state.main[session] !== 0) {
    state.controllers = Math.max(0, state.controllers - 1);
    agent.counters.controllers_lost.add(1);
    setMode(agent);
  }
  state.status[session] = SESSION.closed;
}

/** Ends a connection whose other side does not behave. */
export function resetSession(agent: Agent, session: number): void {
  closeSession(agent, session);
  const end = agent.packets.ofLength(0);
  if (end === null) return;
  end.setAnnotationU32(CONNECTION, session);
  end.paint = SEND.reset;
  agent.emit(agent.outputs.stream, end);
}

/** Says what is wrong with a message, with the beginning of it (OpenFlow 1.3.5, 7.4.4). */
export function sendError(agent: Agent, session: number, version: number, message: Packet, error: number): void {
  if (error < 0) return;
  const cited = Math.min(CITED_BYTES, message.length);
  const answer = agent.packets.ofLength(HEADER_BYTES + 4 + cited);
  if (answer === null) return;
  writeHeader(answer, version, TYPE.error, message.length >= HEADER_BYTES ? message.loadU32(4) : 0);
  answer.storeU32(8, error & 0x7fff_ffff);
  agent.counters.errors.add(1);
  copyBytes(answer, 12, message, 0, cited);
  send(agent, session, answer);
}
