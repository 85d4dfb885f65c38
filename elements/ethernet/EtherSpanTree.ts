/**
 * The spanning tree protocol of bridges (IEEE 802.1D-1998, clauses 8 and 9), as Click speaks it: of all ways round between bridges it keeps one. Input N takes what comes for
 * the group address of bridges from segment N, output N sends what this one says there, every HELLO of two seconds unless the root says otherwise.
 *
 * It opens and closes the ports of two Suppressors: one that frames pass before they come to SWITCH, and one behind it. A port that may forward listens for 15 seconds, learns
 * for another 15, and then forwards; a port that would close a ring is closed at once. Addresses that SWITCH learned before a change are forgotten as it forgets them, by TIMEOUT.
 *
 * A bridge that was heard of on a segment counts for 20 seconds; each segment costs 1. The bridge's identifier has the bytes of its address backwards. `wirelet click` says what
 * becomes of the ports. What is no configuration message is dropped.
 */
import { background, consumed, defineElement, drop, example, integer, macAddress, many, push, sameAsInputs, text, u48 } from 'wirelet';
import { advance, beginAsRoot, bestAgainst, findTree, forget, hear, MESSAGE, passTime, treeState, writeBest } from './spanning-tree.js';

const PORTS_MAX = 64;
const GROUP = 0x0180_c200_0000;
const FRAME_BYTES = 60;
const SECOND_US = 1_000_000;
/** Very unlikely to be the root. */
const PRIORITY = 0xdead;
const CONFIGURATION_BYTES = 38;
const CHANGE_BYTES = 7;
const CHANGE = 128;

/** An address with its bytes backwards. */
function backwards(address: number): number {
  return parseInt(address.toString(16).padStart(12, '0').match(/../g)!.reverse().join(''), 16);
}

/** What all messages have in common, from the bridge with that address. */
function frame(address: number, length: number, type: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of [[0, GROUP], [6, address]] as const) {
    view.setUint16(at, Math.floor(value / 2 ** 32));
    view.setUint32(at + 2, value % 2 ** 32);
  }
  view.setUint16(12, length);
  bytes.set([0x42, 0x42, 3], 14);
  bytes[MESSAGE + 3] = type;
  return bytes;
}

/** A message of the bridge with that address for its port, which believes in `root`; ages are in 1/256 s. */
function says(root: number, cost: number, bridge: number, port: number, { input = 0, age = 0 } = {}) {
  const bytes = frame(bridge, CONFIGURATION_BYTES, 0);
  const view = new DataView(bytes.buffer);
  const identifier = (at: number, address: number) => {
    view.setUint16(at, PRIORITY);
    view.setUint16(at + 2, Math.floor(backwards(address) / 2 ** 32));
    view.setUint32(at + 4, backwards(address) % 2 ** 32);
  };
  identifier(MESSAGE + 5, root);
  view.setUint32(MESSAGE + 13, cost);
  identifier(MESSAGE + 17, bridge);
  [port, age, 20 * 256, 2 * 256, 15 * 256].forEach((value, index) => view.setUint16(MESSAGE + 25 + index * 2, value));
  return { bytes, input };
}

/** An identifier as Click's handler shows it. */
const shown = (priority: number, address: number) => ((BigInt(priority) << 48n) | BigInt(address)).toString(16).padStart(16);

function line(bridge: string, sender: number, changes: number, cost: number, root: string, times: readonly number[]): string {
  return ` ${bridge}:${sender.toString(16).padStart(4, '0')}: ${changes === 0 ? 'tc' : 'TC'}  ${cost.toString(16)} -> ${root}  m/h/d: ${times.map((value) => value.toString(16)).join('/')}\n`;
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
    bridge_priority: integer({ default: PRIORITY, max: 0xffff, keyword: true, doc: 'The lower, the rather this bridge is the root.' }),
  },
  ports: { inputs: push(many('Frames for the group address of bridges, from segment N.', { min: 1, max: PORTS_MAX })), outputs: push(sameAsInputs('What this bridge says on segment N.')) },
  counters: { messages: 'Messages of other bridges.', sent: 'Messages of this one.' },
  drops: { no_message: 'It is no configuration message.' },
  peers: ({ input_suppressor: before, output_suppressor: behind }) => [before, behind],
  state: ({ inputs }) => treeState(inputs.length),
  build({ config, inputs, elements, chatter, fail }) {
    const wrong: { readonly said: string; readonly click: string }[] = [];
    for (const [argument, name, kind] of [['INPUT_SUPPRESSOR', config.input_suppressor, 'Suppressor'], ['OUTPUT_SUPPRESSOR', config.output_suppressor, 'Suppressor'], ['SWITCH', config.switch, 'EtherSwitch']] as const) {
      const found = elements.named(name)?.className;
      if (found === undefined) wrong.push({ said: `there is no element "${name}"`, click: `${argument}: does not name an element` });
      else if (found !== kind && found !== `Listen${kind}`) wrong.push({ said: `"${name}" is no ${kind}`, click: `${argument}: element type mismatch, expected ${kind}` });
    }
    if (wrong.length > 0) return fail(wrong.map(({ said }) => said).join('; '), undefined, wrong.map(({ click }) => click).join('\n'));
    return { own: u48(backwards(config.addr)), count: inputs.length, tells: chatter !== '', configuration: frame(config.addr, CONFIGURATION_BYTES, 0), change: frame(config.addr, CHANGE_BYTES, CHANGE) };
  },
  initialize(context) {
    const { built, state, timers } = context;
    for (let port = 0; port < built.count; port += 1) forget(context, port);
    for (let port = 0; port < built.count; port += 1) advance(context, port);
    beginAsRoot(context);
    timers.tick.after(state.best_hello * SECOND_US);
  },
  process(packet, context) {
    const { counters, port } = context;
    if (!hear(packet, context, port)) return drop('no_message');
    counters.messages.add(1);
    findTree(context);
    return consumed;
  },
  timers: {
    tick: background((context) => {
      const { built, state, counters, outputs, timers, packets, emit } = context;
      passTime(context);
      findTree(context);
      for (let port = 0; port < built.count; port += 1) {
        // Others have a better message for this segment, or there is only a change to tell.
        const order = bestAgainst(context, port, state.best_bridge_priority, state.best_bridge, state.best_sender);
        if (order > 0 || (order === 0 && !state.tells_change)) continue;
        if (order === 0) {
          const change = packets.copyOf(built.change);
          if (change === null) continue;
          counters.sent.add(1);
          emit(outputs[port]!, change);
        } else {
          const message = packets.copyOf(built.configuration);
          if (message === null) continue;
          writeBest(message, context, port);
          counters.sent.add(1);
          emit(outputs[port]!, message);
        }
      }
      timers.tick.after(Math.max(1, state.best_hello) * SECOND_US);
    }),
  },
  handlers: {
    msgs: {
      doc: 'What was heard on each segment, a line each, and the best of it: the bridge and its port, whether the tree changes, cost and root, and in seconds when it is forgotten, how often it is said, and how long ports wait.',
      read({ state }) {
        const lines: string[] = [];
        for (let port = 0; port < state.root.length; port += 1) {
          lines.push(line(shown(state.bridge_priority[port]!, state.bridge[port]!), state.sender[port]!, state.changes[port]!, state.cost[port]!, shown(state.root_priority[port]!, state.root[port]!), [state.max_age[port]!, state.hello[port]!, state.delay[port]!]));
        }
        lines.push(line(shown(state.best_bridge_priority, state.best_bridge), state.best_sender, state.best_changes, state.best_cost, shown(state.best_root_priority, state.best_root), [state.best_max_age, state.best_hello, state.best_delay]));
        return lines.join('');
      },
    },
  },
  examples: [
    example(
      'says on each segment that it is the root, until it hears of another',
      [{ ...says(1, 0, 1, 0), at: 2_500_000 }, { ...says(9, 0, 9, 0, { input: 1 }), at: 7_000_000 }],
      { 0: says(2, 0, 2, 0), 1: [says(2, 0, 2, 1), says(1, 1, 2, 1, { age: 384 }), says(1, 1, 2, 1, { age: 896 })] },
      { config, beside, inputs: 2, outputs: 2, counters: { messages: 2, sent: 4 } },
    ),
    example('drops what is no message', [{ bytes: new Uint8Array(60), at: 2_500_000 }, { bytes: says(1, 0, 1, 0).bytes.subarray(0, 51), at: 2_500_001 }], { 0: says(2, 0, 2, 0), drop: ['no_message', 'no_message'] }, { config, beside, inputs: 1, outputs: 1 }),
  ],
});
