/**
 * The spanning tree protocol of bridges (IEEE 802.1D-1998, clauses 8 and 9): of all ways round between bridges it keeps one. Input N takes what comes for the group address
 * of bridges from segment N, output N sends what this one says there.
 *
 * It opens and closes the ports of two Suppressors: one that frames pass before they come to SWITCH, and one behind it. A port that may forward listens for 15 seconds, learns
 * for another 15, and then forwards; a port that would close a ring is closed at once. Addresses that SWITCH learned before a change are forgotten as it forgets them, by TIMEOUT.
 *
 * A bridge that was heard of on a segment counts for 20 seconds; each segment costs 10.
 */
import { array, background, below, consumed, defineElement, example, flag, formatMac, integer, macAddress, many, push, register, sameAsInputs, text, TIME_RANGE, u16, u8 } from 'wirelet';

const PORTS_MAX = 64;
const GROUP = 0x0180_c200_0000;
const FRAME_BYTES = 60;
/** Where the message begins: behind Ethernet header and LLC (IEEE 802.2: 42 42 03). */
const MESSAGE = 17;
const MESSAGE_BYTES = 35;
const PATH_COST = 10;
const HELLO_US = 2_000_000;
const FORWARD_DELAY_US = 15_000_000;
const MAX_AGE_US = 20_000_000;
const UNIT_US = 3906;
const COST_MAX = 0x7fff_ffff;
/** Where times stop: still an exact integer. */
const LAST_US = 4_503_599_627_370_496;
const BLOCKED = 0;
const LISTENS = 1;
const LEARNS = 2;
const FORWARDS = 3;
const STATES = ['blocked', 'listening', 'learning', 'forwarding'];

/** A message of the bridge `bridge` for its port, which believes in `root`. */
const says = (root: number, cost: number, bridge: number, port: number, input = 0) => {
  const bytes = new Uint8Array(FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  const mac = (at: number, value: number) => {
    view.setUint16(at, Math.floor(value / 2 ** 32));
    view.setUint32(at + 2, value % 2 ** 32);
  };
  mac(0, GROUP);
  mac(6, bridge);
  view.setUint16(12, 38);
  bytes.set([0x42, 0x42, 3], 14);
  view.setUint16(MESSAGE + 5, 0x8000);
  mac(MESSAGE + 7, root);
  view.setUint32(MESSAGE + 13, cost);
  view.setUint16(MESSAGE + 17, 0x8000);
  mac(MESSAGE + 19, bridge);
  view.setUint16(MESSAGE + 25, 0x8000 + port);
  view.setUint16(MESSAGE + 29, 20 * 256);
  view.setUint16(MESSAGE + 31, 2 * 256);
  view.setUint16(MESSAGE + 33, 15 * 256);
  return { bytes, input };
};

/** The same message, which is so old, in 1/256 s. */
function aged(message: ReturnType<typeof says>, age: number) {
  new DataView(message.bytes.buffer).setUint16(MESSAGE + 27, age);
  return message;
}

const config = '00:00:00:00:00:02, before, behind, sw';
const beside = 'before :: Suppressor; behind :: Suppressor; sw :: EtherSwitch; Idle -> before -> sw -> behind -> Discard; Idle -> [1] before; before[1] -> [1] sw; sw[1] -> [1] behind; behind[1] -> Discard';

export default defineElement({
  name: 'EtherSpanTree',
  config: {
    addr: macAddress({ doc: 'The address of this bridge.' }),
    input_suppressor: text({ doc: 'The Suppressor before the switch.' }),
    output_suppressor: text({ doc: 'The Suppressor behind it.' }),
    switch: text({ doc: 'The EtherSwitch.' }),
    bridge_priority: integer({ default: 0x8000, max: 0xffff, keyword: true, doc: 'The lower, the rather this bridge is the root.' }),
  },
  ports: { inputs: push(many('Frames for the group address of bridges, from segment N.', { min: 1, max: PORTS_MAX })), outputs: push(sameAsInputs('What this bridge says on segment N.')) },
  counters: { messages: 'Messages of other bridges.', sent: 'Messages of this one.' },
  peers: ({ input_suppressor: before, output_suppressor: behind }) => [before, behind],
  state: ({ inputs }) => ({
    /** What was last heard on each segment: root, its cost from there, the bridge that said so and its port. The addresses' priorities are apart. */
    root_priority: array('u16', inputs.length),
    root: array('u48', inputs.length),
    cost: array('u32', inputs.length),
    bridge_priority: array('u16', inputs.length),
    bridge: array('u48', inputs.length),
    sender: array('u16', inputs.length),
    until_us: array(TIME_RANGE, inputs.length),
    port_state: array('u8', inputs.length),
    since_us: array(TIME_RANGE, inputs.length),
    now_priority: register('u16'),
    now_root: register('u48'),
    now_cost: register('u32'),
    /** The port towards the root, if this bridge is not the root itself. */
    root_port: register(below(inputs.length)),
    has_root: flag(),
  }),
  build({ config, inputs, elements, fail }) {
    for (const name of [config.input_suppressor, config.output_suppressor]) {
      if (elements.named(name)?.className !== 'Suppressor') return fail(`"${name}" is no Suppressor`);
    }
    if (!/^(Listen)?EtherSwitch$/.test(elements.named(config.switch)?.className ?? '')) return fail(`"${config.switch}" is no EtherSwitch`);
    return { bytes: says(0, 0, 0, 0).bytes, count: inputs.length };
  },
  initialize({ timers }) {
    timers.tick.after(0);
  },
  process(packet, { state, counters, port, clock }) {
    if (packet.length < MESSAGE + MESSAGE_BYTES || packet.loadU16(14) !== 0x4242 || packet.loadU16(MESSAGE) !== 0 || packet.loadU8(MESSAGE + 3) !== 0) return consumed;
    const age = packet.loadU16(MESSAGE + 27) * UNIT_US;
    if (age >= MAX_AGE_US) return consumed;
    const rootPriority = packet.loadU16(MESSAGE + 5);
    const root = packet.loadU48(MESSAGE + 7);
    const cost = packet.loadU32(MESSAGE + 13);
    const bridgePriority = packet.loadU16(MESSAGE + 17);
    const bridge = packet.loadU48(MESSAGE + 19);
    const sender = packet.loadU16(MESSAGE + 25);
    counters.messages.add(1);
    // What is worse than what is known of the segment is answered, unless it comes from the same bridge's port.
    const same = state.bridge[port] === bridge && state.bridge_priority[port] === bridgePriority && state.sender[port] === sender;
    if (state.until_us[port]! > clock.microseconds && !same) {
      let order = rootPriority - state.root_priority[port]!;
      if (order === 0) order = root - state.root[port]!;
      if (order === 0) order = cost - state.cost[port]!;
      if (order === 0) order = bridgePriority - state.bridge_priority[port]!;
      if (order === 0) order = bridge - state.bridge[port]!;
      if (order === 0) order = sender - state.sender[port]!;
      if (order > 0) return consumed;
    }
    state.root_priority[port] = rootPriority;
    state.root[port] = root;
    state.cost[port] = cost;
    state.bridge_priority[port] = bridgePriority;
    state.bridge[port] = bridge;
    state.sender[port] = sender;
    state.until_us[port] = Math.min(clock.microseconds + MAX_AGE_US - age, LAST_US);
    return consumed;
  },
  timers: {
    tick: background(({ config, built, state, counters, outputs, clock, timers, peers, packets, emit }) => {
      timers.tick.after(HELLO_US);
      const now = clock.microseconds;
      state.now_priority = u16(config.bridge_priority);
      state.now_root = config.addr;
      state.now_cost = 0;
      state.has_root = false;
      for (let port = 0; port < built.count; port += 1) {
        if (state.until_us[port]! <= now) continue;
        const cost = Math.min(COST_MAX, state.cost[port]! + PATH_COST);
        let order = state.root_priority[port]! - state.now_priority;
        if (order === 0) order = state.root[port]! - state.now_root;
        if (order === 0) order = cost - state.now_cost;
        if (order === 0 && state.has_root) {
          const best = state.root_port;
          order = state.bridge_priority[port]! - state.bridge_priority[best]!;
          if (order === 0) order = state.bridge[port]! - state.bridge[best]!;
          if (order === 0) order = state.sender[port]! - state.sender[best]!;
        }
        if (order >= 0) continue;
        state.now_priority = state.root_priority[port]!;
        state.now_root = state.root[port]!;
        state.now_cost = cost;
        state.root_port = port;
        state.has_root = true;
      }
      for (let port = 0; port < built.count; port += 1) {
        let designated = true;
        if (state.until_us[port]! > now) {
          let order = state.now_priority - state.root_priority[port]!;
          if (order === 0) order = state.now_root - state.root[port]!;
          if (order === 0) order = state.now_cost - state.cost[port]!;
          if (order === 0) order = config.bridge_priority - state.bridge_priority[port]!;
          if (order === 0) order = config.addr - state.bridge[port]!;
          if (order === 0) order = 0x8000 + port - state.sender[port]!;
          designated = order <= 0;
        }
        const before = state.port_state[port]!;
        let next = before;
        if (!designated && (!state.has_root || port !== state.root_port)) next = BLOCKED;
        else if (before === BLOCKED) next = LISTENS;
        else if (before !== FORWARDS && now - state.since_us[port]! >= FORWARD_DELAY_US) next = before + 1;
        if (next !== before) {
          state.port_state[port] = u8(next);
          state.since_us[port] = now;
        }
        const learns = next === LEARNS || next === FORWARDS;
        if (port < peers[0]!.state.closed.length) peers[0]!.state.closed[port] = learns ? 0 : 1;
        if (port < peers[1]!.state.closed.length) peers[1]!.state.closed[port] = next === FORWARDS ? 0 : 1;
        if (!designated) continue;
        const packet = packets.copyOf(built.bytes);
        if (packet === null) continue;
        packet.storeU48(6, config.addr);
        packet.storeU16(MESSAGE + 5, state.now_priority);
        packet.storeU48(MESSAGE + 7, state.now_root);
        packet.storeU32(MESSAGE + 13, state.now_cost);
        packet.storeU16(MESSAGE + 17, u16(config.bridge_priority));
        packet.storeU48(MESSAGE + 19, config.addr);
        packet.storeU16(MESSAGE + 25, u16(0x8000 + port));
        let age = 0;
        if (state.has_root) age = Math.trunc(Math.max(0, MAX_AGE_US - (state.until_us[state.root_port]! - now)) / UNIT_US) + 256;
        packet.storeU16(MESSAGE + 27, u16(Math.min(0xffff, age)));
        counters.sent.add(1);
        emit(outputs[port]!, packet);
      }
    }),
  },
  handlers: {
    msgs: {
      doc: 'What is known: the root and the cost to it, then for each port its state and what was heard there.',
      read({ config, state, microseconds }) {
        const lines = [`bridge ${formatMac(config.addr)} root ${formatMac(state.now_root)} cost ${state.now_cost} ${state.has_root ? `root port ${state.root_port}` : 'the root itself'}\n`];
        for (let port = 0; port < state.port_state.length; port += 1) {
          const heard = state.until_us[port]! > microseconds ? `root ${formatMac(state.root[port]!)} cost ${state.cost[port]} bridge ${formatMac(state.bridge[port]!)} port ${state.sender[port]! & 0xff}` : 'nothing heard';
          lines.push(`port ${port} ${STATES[state.port_state[port]!]} ${heard}\n`);
        }
        return lines.join('');
      },
    },
  },
  examples: [
    example('says on each segment that it is the root, until it hears of another', [{ ...says(1, 0, 1, 0), at: 1_000_000 }, { ...says(9, 0, 9, 0, 1), at: 5_000_000 }], { 0: says(2, 0, 2, 0), 1: [says(2, 0, 2, 1), aged(says(1, 10, 2, 1), 512), aged(says(1, 10, 2, 1), 1024)] }, { config, beside, inputs: 2, outputs: 2, counters: { messages: 2, sent: 4 } }),
    example('drops what is no message', { bytes: new Uint8Array(60), input: 0 }, { 0: says(2, 0, 2, 0) }, { config, beside, inputs: 1, outputs: 1 }),
  ],
});
