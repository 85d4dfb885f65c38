/**
 * Speaks OpenFlow 1.0 and 1.3 for an OpenFlowSwitch: with a controller that a TCPEndpoint connects to, and with whoever connects to that
 * endpoint, such as ovs-ofctl(8). Input 0 takes messages from OpenFlowMessages, output 0 sends some to the TCPEndpoint; input 1 takes frames that
 * the switch gives to the controller, output 1 sends frames to the switch. Connect output 2 to input 2.
 *
 * The controller changes flows, asks for statistics, and is told of frames, of flows that are no more, and of ports. If the
 * TCPEndpoint connects to a controller, then while none is there `secure` goes on with the flows that there are and drops the rest, `standalone`
 * forwards all frames as a bridge. Without, MISS of the switch holds.
 *
 * Bad messages are answered with errors. A connection is reset if it does not begin with a HELLO of a version that VERSION has, if it sends
 * what cannot be messages, or if nothing comes from it for twice PROBE.
 */
import { array, consumed, copyBytes, defineElement, drop, duration, example, integer, oneOf, optional, push, register, text, TIME_RANGE, background, kept, type Packet, type Verdict } from 'wirelet';
import { describeFlow, tellFlows, watchLinks } from './describe.js';
import { FLOW, removeFlow, TOTAL, type FlowTable } from './flow-table.js';
import { NOTE } from './frame-notes.js';
import { greet, handle } from './message.js';
import { ERROR, HEADER_BYTES, NO_BUFFER, REMOVED, TYPE, VERSION } from './protocol.js';
import { BUFFERS, closeSession, CONNECTION, EVENT, resetSession, send, sendError, SEND, SESSION, sessionState, setMode, writeHeader, type Agent } from './session.js';
import { beginRole, hears, NEWS, roleState } from './role.js';
import { tableFeatures } from './table-features.js';
import { FLAG as TCP_FLAG } from '../tcp/connection.js';

/** Ports whose descriptions fit into one message. */
const PORTS_MAX = 24;
/** How often flows and connections are looked after, in microseconds. */
const TICK_US = 500_000;

/** Whether the allowance has room for one more frame to the controller. */
function allowed(agent: Agent): boolean {
  const { state, built, clock } = agent;
  const full = Math.max(clock.microseconds, state.full_at);
  if (full - clock.microseconds > 1_000_000) return false;
  state.full_at = Math.min(full + built.interval_us, TIME_RANGE.high);
  return true;
}

/** Why a connection is told of a frame. */
function reasonFor(agent: Agent, session: number, packet: Packet): number {
  const flows: FlowTable = agent.peers[0].state;
  const flow = packet.annotationU32(NOTE.flow);
  // In 1.3 the flow for frames that no other matches has priority 0 and says nothing of them (1.3.5, 5.4).
  const isMiss = agent.state.version[session] !== VERSION.v10 && flow < agent.built.capacity && flows.flow_priority[flow] === 0;
  return isMiss ? 0 : packet.annotationU32(NOTE.reason) & 0xff;
}

/** Tells a connection of a frame. */
function packetIn(agent: Agent, session: number, packet: Packet, buffer: number, bytes: number): void {
  const { state } = agent;
  const flows: FlowTable = agent.peers[0].state;
  const version = state.version[session];
  const head = version === VERSION.v10 ? 18 : 42;
  const message = agent.packets.ofLength(head + bytes);
  if (message === null) return;
  writeHeader(message, version, TYPE.packet_in, 0);
  const port = packet.annotationU32(NOTE.port);
  const reason = reasonFor(agent, session, packet);
  message.storeU32(8, buffer);
  message.storeU16(12, packet.length);
  if (version === VERSION.v10) {
    message.storeU16(14, port & 0xffff);
    message.storeU8(16, reason);
  } else {
    const flow = packet.annotationU32(NOTE.flow);
    message.storeU8(14, reason);
    if (flow < agent.built.capacity) {
      message.storeU32(16, flows.flow_cookie[flow * 2]);
      message.storeU32(20, flows.flow_cookie[flow * 2 + 1]);
    }
    message.storeU32(24, 0x0001_000c);
    message.storeU32(28, 0x8000_0004);
    message.storeU32(32, port);
  }
  copyBytes(message, head, packet, 0, bytes);
  send(agent, session, message);
}

/** A frame for the controllers. */
function tellFrame(agent: Agent, packet: Packet): Verdict {
  const { state, built } = agent;
  let hearers = 0;
  let most = 0;
  for (let session = 0; session < built.sessions; session += 1) {
    if (state.status[session] !== SESSION.ready || !hears(agent, session, NEWS.packet_in, reasonFor(agent, session, packet))) continue;
    hearers += 1;
    most = Math.max(most, state.miss_bytes[session]);
  }
  if (hearers === 0) return drop('no_controller');
  if (!allowed(agent)) return drop('rate_limited');
  const wanted = packet.annotationU32(NOTE.bytes) & 0xffff;
  // A frame that no flow matches is cut as the controller set it, others as their action says.
  const isMiss = packet.annotationU32(NOTE.flow) >= built.capacity;
  const limit = isMiss ? most : wanted;
  const bytes = Math.min(limit === 0xffff ? packet.length : Math.min(limit, packet.length), 1600);
  const buffered = bytes < packet.length;
  let buffer = NO_BUFFER;
  const place = state.next_buffer % BUFFERS;
  if (buffered) {
    // The number names the place, and how often it was used.
    buffer = state.next_buffer % 0x4000_0000;
    state.next_buffer = (buffer + 1) % 0x4000_0000;
  }
  for (let session = 0; session < built.sessions; session += 1) {
    if (state.status[session] === SESSION.ready && hears(agent, session, NEWS.packet_in, reasonFor(agent, session, packet))) packetIn(agent, session, packet, buffer, bytes);
  }
  agent.counters.packet_ins.add(hearers);
  if (!buffered) return consumed;
  const old = state.buffers.take(place);
  if (old !== null) agent.emit(drop('buffer_overwritten'), old);
  state.buffer_number[place] = buffer;
  state.buffer_port[place] = packet.annotationU32(NOTE.port) & 0xffff;
  state.buffers.append(place, packet);
  return kept;
}

/** Removes flows whose time is over. */
function expireFlows(agent: Agent): void {
  const flows: FlowTable = agent.peers[0].state;
  const { capacity } = agent.built;
  const now = agent.clock.microseconds;
  for (let flow = 0; flow < capacity; flow += 1) {
    if (flows.flow_status[flow] !== FLOW.live) continue;
    const { flow_idle: idle, flow_hard: hard } = flows;
    if (hard[flow] > 0 && now - flows.flow_created_us[flow] >= hard[flow] * 1_000_000) removeFlow(flows, capacity, flow, REMOVED.hard);
    else if (idle[flow] > 0 && now - flows.flow_used_us[flow] >= idle[flow] * 1_000_000) removeFlow(flows, capacity, flow, REMOVED.idle);
  }
}

/** Asks connections that are silent whether they are there, and resets those that do not answer. */
function probe(agent: Agent): void {
  const { state, built, counters } = agent;
  const now = agent.clock.microseconds;
  for (let session = 0; session < built.sessions; session += 1) {
    if (state.status[session] === SESSION.closed || now - state.heard_us[session] < built.probe_us) continue;
    if (state.asked[session] !== 0 || state.status[session] === SESSION.open) {
      counters.silent.add(1);
      resetSession(agent, session);
      continue;
    }
    state.asked[session] = 1;
    state.heard_us[session] = now;
    const message = agent.packets.ofLength(HEADER_BYTES);
    if (message === null) continue;
    writeHeader(message, state.version[session], TYPE.echo_request, 0);
    send(agent, session, message);
  }
}

const latin = (value: string, bytes: number) => {
  const field = new Uint8Array(bytes);
  field.set(Buffer.from(value, 'latin1').subarray(0, bytes - 1));
  return field;
};

const hello = Uint8Array.from([4, 0, 0, 16, 0, 0, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0x12]);
const hello10 = Uint8Array.from([1, 0, 0, 8, 0, 0, 0, 0]);
const beside = 'flows :: OpenFlowSwitch(a b); FromDevice(none) -> Paint(1) -> flows; flows[0] -> Discard; flows[1] -> Discard; flows[2] -> Discard';

export default defineElement({
  name: 'OpenFlowAgent',
  config: {
    switch: text({ doc: 'The name of the OpenFlowSwitch.' }),
    tcp: text({ default: '', keyword: true, doc: 'The name of the TCPEndpoint that it speaks by; without, the first connection is that to the controller.' }),
    version: oneOf(['1.0', '1.3', 'both'], { default: 'both', keyword: true, doc: 'Versions of OpenFlow that are spoken.' }),
    fail: oneOf(['secure', 'standalone'], { default: 'secure', keyword: true, doc: 'What becomes of frames while no controller is there.' }),
    connections: integer({ default: 4, min: 1, max: 16, keyword: true, doc: 'Connections at once: that to the controller, and those of others; as many as CONNECTIONS of the TCPEndpoint.' }),
    datapath: integer({ default: 0x0200_0000_fe01, min: 1, max: Number.MAX_SAFE_INTEGER, keyword: true, doc: 'The number of the datapath; ports have the addresses after its lower 48 bits.' }),
    rate: integer({ default: 1000, min: 1, max: 1_000_000, keyword: true, doc: 'Frames per second for the controller; of more, the rest is dropped.' }),
    probe: duration({ default: 5e6, keyword: true, doc: 'Silence after which a connection is asked whether it is there; after as much again it is reset.' }),
  },
  ports: {
    inputs: { messages: push('Messages, and what became of connections, from OpenFlowMessages.'), frames: push(optional('Frames for the controller, from the switch.')), told: push(optional('Descriptions of flows to be made, from output 2.')) },
    outputs: { stream: push('Messages to send.'), frames: push(optional('Frames for the switch.')), told: push(optional('Descriptions of flows to be made; they come back by input 2.')) },
  },
  counters: {
    messages: 'Messages that came, whole.',
    errors: 'Errors that were sent.',
    controllers_met: 'Times that a controller came.',
    controllers_lost: 'Times that a controller went.',
    refused: 'Connections reset because they began with something else than HELLO, or with no version that both know.',
    not_messages: 'Connections reset because what came cannot be a message.',
    too_long: 'Messages that were longer than is taken; they were skipped.',
    silent: 'Connections reset because they said nothing for too long.',
    flows_added: 'Flows added, or put in the place of the same.',
    packet_ins: 'Frames that controllers were told of.',
    packet_outs: 'Frames that controllers had sent.',
  },
  drops: {
    no_connection: 'It belongs to no connection that is open.',
    no_controller: 'The frame is for a controller, but there is none.',
    rate_limited: 'More frames for the controller than RATE.',
    buffer_overwritten: 'The controller said nothing about the frame for too long: its place was needed.',
  },
  endsLoops: 'A frame for the controller ends here; a controller\'s frame that matches no flow is told of once.',
  peers: ({ switch: name, tcp }) => (tcp === '' ? [name] : [name, tcp]),
  state({ config, elements }) {
    const facts = elements.named(config.switch);
    const capacity: number = facts?.className === 'OpenFlowSwitch' ? facts.config.capacity : 16;
    return {
      ...sessionState(config.connections),
      ...roleState(config.connections),
      port_config: array('u32', PORTS_MAX),
      /** 1: the port leads nowhere now (OFPPS_LINK_DOWN). */
      port_down: array('u8', PORTS_MAX),
      /** Flows that a request is about. */
      listed: array('u8', capacity),
      sum_packets: register(TOTAL),
      sum_bytes: register(TOTAL),
      sum_flows: register('u32'),
      /** Whether the match that was read last leaves nothing open. */
      exact: register('u8'),
      started_us: register(TIME_RANGE),
    };
  },
  build({ config, elements, fail }) {
    const facts = elements.named(config.switch);
    if (facts?.className !== 'OpenFlowSwitch') return fail(`"${config.switch}" is no OpenFlowSwitch`);
    if (config.tcp !== '') {
      const tcp = elements.named(config.tcp);
      if (tcp?.className !== 'TCPEndpoint') return fail(`"${config.tcp}" is no TCPEndpoint`);
      if (tcp.config.connections !== config.connections) return fail(`"${config.tcp}" has ${tcp.config.connections} connections, not ${config.connections}`, `Write CONNECTIONS ${tcp.config.connections}.`);
    }
    const names: readonly string[] = facts.config.ports;
    if (names.length > PORTS_MAX) return fail(`${names.length} ports are more than ${PORTS_MAX}`, 'Their descriptions must fit into one message.');
    const base = config.datapath % 2 ** 48;
    return {
      capacity: facts.config.capacity as number,
      ports: names.length,
      sessions: config.connections,
      names: Uint8Array.from(names.flatMap((name) => [...latin(name, 16)])),
      // The interfaces that the ports are, by their names; -1: there is none of that name.
      interfaces: names.map((name) => elements.interfaces.indexOf(name)),
      addresses: names.map((_, port) => (base + port + 1) % 2 ** 48),
      description: Uint8Array.from([...latin('Wirelet', 256), ...latin('Unikernel', 256), ...latin('OpenFlowSwitch', 256), ...latin('None', 32), ...latin(names.join(' '), 256)]),
      table: latin('flows', 12),
      table_features: tableFeatures(facts.config.capacity),
      datapath_upper: Math.floor(config.datapath / 2 ** 32),
      datapath_lower: config.datapath % 2 ** 32,
      versions: (config.version === '1.3' ? 0 : 1 << VERSION.v10) + (config.version === '1.0' ? 0 : 1 << VERSION.v13),
      highest: config.version === '1.0' ? VERSION.v10 : VERSION.v13,
      // A TCPEndpoint that connects to nobody: none is meant to be there.
      expects: config.tcp === '' || (elements.named(config.tcp)!.config.connect?.port ?? 0) !== 0,
      standalone: config.fail === 'standalone',
      interval_us: Math.ceil(1e6 / config.rate),
      probe_us: config.probe,
      hasTcp: config.tcp !== '',
    };
  },
  initialize(agent) {
    agent.state.started_us = Math.min(agent.clock.microseconds, TIME_RANGE.high);
    setMode(agent);
    agent.timers.tick.after(TICK_US);
  },
  process(packet, agent) {
    if (agent.port === 1) return tellFrame(agent, packet);
    if (agent.port === 2) return describeFlow(agent, packet);
    const { state, built, clock, counters } = agent;
    const session = packet.annotationU32(CONNECTION);
    if (session >= built.sessions) return drop('no_connection');
    const { paint } = packet;
    if (paint === EVENT.opened) {
      closeSession(agent, session);
      state.status[session] = SESSION.open;
      state.heard_us[session] = Math.min(clock.microseconds, TIME_RANGE.high);
      state.asked[session] = 0;
      const active = built.hasTcp ? (agent.peers[1]!.state.flags[session] & TCP_FLAG.active) !== 0 : session === 0;
      state.main[session] = active ? 1 : 0;
      beginRole(agent, session);
      greet(agent, session);
      return consumed;
    }
    if (state.status[session] === SESSION.closed) return drop('no_connection');
    if (paint === EVENT.data) {
      state.heard_us[session] = Math.min(clock.microseconds, TIME_RANGE.high);
      state.asked[session] = 0;
      handle(agent, session, packet);
      return consumed;
    }
    if (paint === EVENT.too_long) {
      counters.too_long.add(1);
      if (state.status[session] === SESSION.open) resetSession(agent, session);
      else sendError(agent, session, state.version[session], packet, ERROR.bad_length);
      return consumed;
    }
    if (paint === EVENT.no_message) {
      counters.not_messages.add(1);
      resetSession(agent, session);
      return consumed;
    }
    closeSession(agent, session);
    if (paint === EVENT.finished) {
      // The other side has said all it will; so has this one.
      packet.paint = SEND.last;
      return agent.outputs.stream;
    }
    return consumed;
  },
  timers: {
    tick: background((agent: any) => {
      expireFlows(agent);
      tellFlows(agent, -1, 0);
      probe(agent);
      watchLinks(agent);
      agent.timers.tick.after(TICK_US);
    }),
  },
  examples: [
    example('greets whoever connects', new Uint8Array(0), { stream: hello }, { config: 'flows', before: 'Paint(1)', beside }),
    example('greets in the version that it speaks alone', new Uint8Array(0), { stream: hello10 }, { config: 'flows, VERSION 1.0', before: 'Paint(1)', beside }),
    example('takes nothing before it was told of a connection', hello, { drop: 'no_connection' }, { config: 'flows', beside }),
  ],
});
