/**
 * The datapath of an OpenFlow switch (OpenFlow 1.0 and 1.3): frames come with the number of their port, from 1 on, as paint, are looked up
 * among the flows, and leave as the actions of the flow with the highest priority say that matches them; output N - 1 is port N. Flows
 * come from FLOWS, written as ovs-ofctl(8) writes them, and from an OpenFlowAgent that has this switch.
 *
 * A frame that no flow matches is treated as MISS says: `normal` forwards it as a learning bridge does (EtherSwitch), `drop` drops it,
 * `controller` gives it to the last output, for the agent. The agent changes that as its controller comes and goes. Frames from the agent
 * have paint 255, to be treated as its list of actions says, or 254, to be looked up.
 *
 * All flows are at most as many combinations of masks as tuples (64): so many hash look-ups a frame takes at worst, and one if a frame
 * with the same fields came before.
 */
import { array, below, defineElement, drop, duration, ethernet, example, integer, many, oneOf, parsed, push, register, rest, text, unquote, words } from 'wirelet';
import { hostsTable, learn, segmentOf } from '../ethernet/learning.js';
import { change, expires, OP, PORT, WHOLE_PACKET } from './action.js';
import { exampleFrames } from './example-frames.js';
import { CLOSED, FROM_AGENT, NOTE, REASON } from './frame-notes.js';
import { readKey } from './flow-key.js';
import { ACTIONS_MAX, addFlow, EXTRA, EXTRAS, flowState, initializeFlows, lookUp, TOTAL } from './flow-table.js';
import { readFlow, type StaticFlow } from './flow-text.js';

const { web, ping, tagged } = exampleFrames;

export default defineElement({
  name: 'OpenFlowSwitch',
  config: {
    ports: words(text({ doc: 'Names of the ports, for the controller, the links of those of like names of interfaces among them; there are as many outputs, and one for the agent.' })),
    flows: rest(parsed<StaticFlow>('flow', { doc: 'priority=N,FIELD=VALUE,...,actions=ACTION,...' }, (source) => readFlow(unquote(source)), (flow) => `"${flow.text}"`), { max: 65_536, doc: 'Flows that are there from the start.' }),
    capacity: integer({ default: 2048, min: 16, max: 65_536, keyword: true, doc: 'Flows at once, static ones among them.' }),
    cache: integer({ default: 8192, min: 16, max: 2 ** 20, keyword: true, doc: 'Combinations of fields of frames whose flow is remembered.' }),
    miss: oneOf(['normal', 'drop', 'controller'], { default: 'normal', keyword: true, doc: 'What becomes of frames that no flow matches.' }),
    timeout: duration({ default: 300e6, keyword: true, doc: 'Age at which a learned address is forgotten; 0: never.' }),
    addresses: integer({ default: 4096, min: 1, max: 2 ** 21, keyword: true, doc: 'Addresses that are learned at once.' }),
  },
  ports: {
    inputs: { in: push('Frames, with the number of the port that they came by as paint.') },
    outputs: push(many('Frames for port N + 1; the last: frames for the agent.', { min: 2, max: 254, count: ({ ports }) => ports.length + 1 })),
  },
  counters: {
    matched: 'Frames that a flow matched.',
    missed: 'Frames that no flow matched.',
    remembered: 'Frames whose flow was known from one with the same fields.',
    to_controller: 'Frames for the agent.',
    flooded: 'Frames sent to all other ports.',
  },
  drops: {
    no_port: 'Its paint is not the number of a port.',
    closed_port: 'The port takes none, by its configuration.',
    no_output: 'The flow, or MISS, sends it nowhere.',
    ttl_expired: 'Its time to live is over.',
  },
  state: ({ config }) => ({
    ...flowState(config.capacity, config.cache),
    hosts: hostsTable(config.addresses, config.ports.length),
    /** The list of actions for what no flow matches: one of EXTRA. */
    miss: register(below(EXTRAS)),
    /** Whether all frames are forwarded as by a bridge, whatever the flows say. */
    bypass: register('u8'),
    port_closed: array('u8', config.ports.length + 1),
    received_packets: array(TOTAL, config.ports.length + 1),
    received_bytes: array(TOTAL, config.ports.length + 1),
    sent_packets: array(TOTAL, config.ports.length + 1),
    sent_bytes: array(TOTAL, config.ports.length + 1),
    looked_up: register(TOTAL),
    found: register(TOTAL),
  }),
  build({ config, fail }) {
    if (config.flows.length > config.capacity) return fail(`${config.flows.length} flows are more than CAPACITY`, `Write CAPACITY ${config.flows.length}.`);
    const { flows } = config;
    return {
      count: flows.length,
      priority: flows.map((flow) => flow.priority),
      idle: flows.map((flow) => flow.idle),
      hard: flows.map((flow) => flow.hard),
      cookie: flows.flatMap((flow) => flow.cookie),
      value: flows.flatMap((flow) => flow.value),
      mask: flows.flatMap((flow) => flow.mask),
      actions: flows.map((flow) => flow.ops.length),
      ops: flows.flatMap((flow) => Array.from({ length: ACTIONS_MAX }, (_, index) => flow.ops[index] ?? 0)),
      arguments: flows.flatMap((flow) => Array.from({ length: ACTIONS_MAX }, (_, index) => flow.arguments[index] ?? 0)),
      miss: config.miss === 'normal' ? EXTRA.normal : config.miss === 'controller' ? EXTRA.miss : EXTRA.none,
    };
  },
  initialize({ state, built, config, clock }) {
    const { capacity } = config;
    initializeFlows(state, capacity);
    state.miss = built.miss;
    state.action_count[capacity + EXTRA.normal] = 1;
    state.action_op[(capacity + EXTRA.normal) * ACTIONS_MAX] = OP.output;
    state.action_argument[(capacity + EXTRA.normal) * ACTIONS_MAX] = PORT.normal;
    state.action_count[capacity + EXTRA.miss] = 1;
    state.action_op[(capacity + EXTRA.miss) * ACTIONS_MAX] = OP.output;
    state.action_argument[(capacity + EXTRA.miss) * ACTIONS_MAX] = PORT.controller + WHOLE_PACKET * 65_536;
    for (let index = 0; index < built.count; index += 1) {
      for (let word = 0; word < 14; word += 1) {
        state.value[word] = built.value[index * 14 + word];
        state.mask[word] = built.mask[index * 14 + word];
      }
      const flow = addFlow(state, capacity, built.priority[index], clock.microseconds);
      if (flow >= capacity) continue;
      state.flow_idle[flow] = built.idle[index];
      state.flow_hard[flow] = built.hard[index];
      state.flow_cookie[flow * 2] = built.cookie[index * 2];
      state.flow_cookie[flow * 2 + 1] = built.cookie[index * 2 + 1];
      state.action_count[flow] = built.actions[index];
      for (let step = 0; step < ACTIONS_MAX; step += 1) {
        state.action_op[flow * ACTIONS_MAX + step] = built.ops[index * ACTIONS_MAX + step];
        state.action_argument[flow * ACTIONS_MAX + step] = built.arguments[index * ACTIONS_MAX + step];
      }
    }
  },
  process(packet, { config, state, counters, outputs, clock, emitCopy }) {
    const { capacity } = config;
    const agent = outputs.length - 1;
    const now = clock.microseconds;
    let flow = capacity + EXTRA.scratch;
    const { paint } = packet;
    const fromAgent = paint >= FROM_AGENT.look_up;
    let from: number = paint;
    if (fromAgent) from = packet.annotationU32(NOTE.port) & 0xffff;
    else {
      if (paint < 1 || paint > agent) return drop('no_port');
      state.received_packets[paint] = Math.min(state.received_packets[paint] + 1, TOTAL.high);
      state.received_bytes[paint] = Math.min(state.received_bytes[paint] + packet.length, TOTAL.high);
      if ((state.port_closed[paint] & CLOSED.receive) !== 0) return drop('closed_port');
    }
    if (paint !== FROM_AGENT.perform) {
      if (state.bypass !== 0) flow = capacity + EXTRA.normal;
      else {
        const { key, cache } = state;
        readKey(packet, key, from & 0xffff);
        const known = cache.find(key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7], key[8], key[9], key[10], key[11], key[12], key[13]);
        if (known >= 0 && cache.generation[known] === state.generation) {
          flow = cache.flow[known];
          counters.remembered.add(1);
        } else {
          flow = lookUp(state, capacity);
          if (flow === capacity) flow = capacity + state.miss;
          const slot = cache.insert(key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7], key[8], key[9], key[10], key[11], key[12], key[13]);
          if (slot >= 0) {
            cache.flow[slot] = flow;
            cache.generation[slot] = state.generation;
            cache.used_us[slot] = now;
          }
        }
        state.looked_up = Math.min(state.looked_up + 1, TOTAL.high);
        if (flow < capacity) {
          counters.matched.add(1);
          state.found = Math.min(state.found + 1, TOTAL.high);
          state.flow_used_us[flow] = now;
          state.flow_packets[flow] = Math.min(state.flow_packets[flow] + 1, TOTAL.high);
          state.flow_bytes[flow] = Math.min(state.flow_bytes[flow] + packet.length, TOTAL.high);
        } else counters.missed.add(1);
      }
    }
    // The port that the packet itself will leave by, once nothing more is to become of it; others get copies.
    let pending = -1;
    const count = state.action_count[flow];
    for (let step = 0; step < count; step += 1) {
      const op = state.action_op[flow * ACTIONS_MAX + step];
      const argument = state.action_argument[flow * ACTIONS_MAX + step];
      if (pending >= 0) {
        emitCopy(outputs[pending], packet);
        pending = -1;
      }
      if (op !== OP.output) {
        if (op === OP.decrement_ttl && expires(packet)) return drop('ttl_expired');
        change(packet, op, argument);
        continue;
      }
      const to = argument % 65_536;
      let target = to;
      let closed: number = CLOSED.forward;
      if (to === PORT.controller) {
        if (!fromAgent && paint <= agent && (state.port_closed[paint] & CLOSED.packet_in) !== 0) continue;
        packet.setAnnotationU32(NOTE.port, from);
        packet.setAnnotationU32(NOTE.bytes, Math.trunc(argument / 65_536) & 0xffff);
        packet.setAnnotationU32(NOTE.reason, flow === capacity + EXTRA.miss ? REASON.no_match : REASON.action);
        packet.setAnnotationU32(NOTE.flow, flow);
        counters.to_controller.add(1);
        pending = agent;
        continue;
      }
      if (to === PORT.normal) {
        const header = ethernet.at(packet);
        if (from >= 1 && from <= agent) learn(state.hosts, header.source, from - 1, now);
        const segment = segmentOf(state.hosts, header.destination, config.timeout, now);
        target = segment >= 0 ? segment + 1 : PORT.flood;
        if (target === from) continue;
      }
      if (to === PORT.in_port) target = from;
      else if (to === from) continue;
      if (target === PORT.flood || target === PORT.all) {
        counters.flooded.add(1);
        if (target === PORT.flood) closed = CLOSED.forward | CLOSED.flood;
        for (let other = 0; other < agent; other += 1) {
          if (other + 1 === from || (state.port_closed[other + 1] & closed) !== 0) continue;
          if (pending >= 0) emitCopy(outputs[pending], packet);
          pending = other;
          state.sent_packets[other + 1] = Math.min(state.sent_packets[other + 1] + 1, TOTAL.high);
          state.sent_bytes[other + 1] = Math.min(state.sent_bytes[other + 1] + packet.length, TOTAL.high);
        }
      } else if (target >= 1 && target <= agent) {
        const other = target - 1;
        if ((state.port_closed[target] & closed) !== 0) continue;
        pending = other;
        state.sent_packets[other + 1] = Math.min(state.sent_packets[other + 1] + 1, TOTAL.high);
        state.sent_bytes[other + 1] = Math.min(state.sent_bytes[other + 1] + packet.length, TOTAL.high);
      }
    }
    return pending >= 0 ? outputs[pending]! : drop('no_output');
  },
  handlers: {
    flows: { doc: 'Flows now.', read: ({ state }) => String(state.flow_count) },
    addresses: { doc: 'Addresses learned.', read: ({ state }) => String(state.hosts.length) },
  },
  examples: [
    example('sends frames where the flow with the highest priority says', [web, ping], { 1: web, 2: ping }, { config: 'a b c, "priority=1,ip,actions=output:3", "priority=2,tcp,tp_dst=80,actions=2"', outputs: 4, before: 'Paint(1)', counters: { matched: 2 } }),
    example('forwards as a bridge what no flow matches', web, { 1: web, 2: web }, { config: 'a b c', outputs: 4, before: 'Paint(1)', counters: { missed: 1, flooded: 1 } }),
    example('drops what a flow sends nowhere', web, { drop: 'no_output' }, { config: 'a b, "actions=drop"', outputs: 3, before: 'Paint(1)' }),
    example('gives frames to the controller', web, { 2: web }, { config: 'a b, MISS controller', outputs: 3, before: 'Paint(1)', counters: { to_controller: 1 } }),
    example('changes frames on the way', web, { 1: exampleFrames.changed }, { config: 'a b, "actions=mod_nw_dst:10.0.0.9,mod_tp_dst:8080,mod_dl_dst:02:00:00:00:00:09,dec_ttl,output:2"', outputs: 3, before: 'Paint(1)' }),
    example('puts tags on, and takes them off', [web, tagged], { 1: [tagged, web] }, { config: 'a b, "dl_vlan=0xffff,actions=mod_vlan_vid:7,output:2", "dl_vlan=7,actions=strip_vlan,output:2"', outputs: 3, before: 'Paint(1)' }),
    example('sends copies before and after a change', web, { 1: web, 2: exampleFrames.readdressed }, { config: 'a b c, "actions=output:2,mod_dl_dst:02:00:00:00:00:09,output:3"', outputs: 4, before: 'Paint(1)' }),
    example('knows the ports by paint alone', web, { drop: 'no_port' }, { config: 'a b', outputs: 3 }),
    example('drops what is no frame', new Uint8Array(11), { drop: 'short_packet' }, { config: 'a b', outputs: 3, before: 'Paint(1)' }),
  ],
});
