/** Elements that take packets in until there is no more, and then send copies of them again and again (FastClick's replay family). */
import { bool, booleanHandler, copyAnnotations, copyBytes, defineElement, ethernet, example, flag, integer, many, packetQueue, pull, push, register, u32, type HandlerContext } from 'wirelet';

/** Packets taken in or sent in one round, at most. */
const BURST_MAX = 32;
/** The annotation byte that says which input a packet came by: the last one. */
const INPUT_ANNOTATION = 47;
const TIMES_MAX = 0x7fff_ffff;
const a = ethernet.make({ source: 1 });

const replayArguments = {
  stop: integer({ default: -1, min: -1, max: TIMES_MAX, keyword: true, doc: 'How often all packets are sent; then the run ends. -1: for ever; 0: not at all.' }),
  queue: integer({ default: 1024, min: 1, max: 65_536, keyword: true, doc: 'Packets taken in, at most.' }),
  active: bool({ default: true, keyword: true, doc: 'Whether it sends.' }),
  quick_clone: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: packets are copied.' }),
  use_signal: bool({ default: false, keyword: true, doc: 'Accepted for compatibility.' }),
  verbose: bool({ default: false, keyword: true, doc: 'Accepted for compatibility.' }),
};

const inputRow = (several: boolean) => many('Packets to take in.', several ? { min: 1, max: 256 } : { min: 1, max: 1 });
const outputRow = (several: boolean) => many('Copies of the packets of that input.', several ? { min: 1, max: 256 } : { min: 1, max: 1 });

function replayState(capacity: number, active: boolean) {
  return { packets: packetQueue(capacity), loaded: flag(), active: flag(active), at: register('u32'), rounds: register('u32'), reported: flag() };
}

const replayHandlers = {
  active: booleanHandler('active', 'Whether it sends.'),
  count: { doc: 'Packets that were taken in.', read: ({ state }: { state: any }) => String(state.packets.length) },
  loops: { doc: 'How often all of them were sent.', read: ({ state }: { state: any }) => String(state.rounds) },
  reset: {
    doc: 'Forgets what was taken in, and begins to take in anew.',
    write({ state }: { state: any }) {
      for (let left = state.packets.length; left > 0; left -= 1) state.packets.dequeue();
      Object.assign(state, { loaded: false, at: 0, rounds: 0, reported: false });
    },
  },
  stop: { doc: 'How often all packets are sent.', read: ({ config }: { config: any }) => String(config.stop), write: ({ reconfigure }: HandlerContext<any, any, any>, value: string) => reconfigure('stop', value) },
  loaded: { doc: 'Whether all packets were taken in.', read: ({ state }: { state: any }) => String(state.loaded) },
};

/** Ends the run once. */
function attendToRounds({ state, config, stop }: { state: any; config: any; stop: () => void }): void {
  if (config.stop < 0 || state.rounds < config.stop || !state.loaded || state.reported) return;
  state.reported = true;
  stop();
}

/** A replay that pushes: of one input, or of several with an output for each. */
export function pushingReplay(name: string, several: boolean) {
  return defineElement({
    name,
    config: replayArguments,
    ports: { inputs: pull(inputRow(several)), outputs: push(outputRow(several)) },
    counters: { sent: 'Copies sent.' },
    storage: 'packets',
    state: ({ config }) => replayState(config.queue, config.active),
    run({ config, state, counters, inputs, outputs, emit, emitCopy }) {
      let worked = false;
      if (!state.loaded) {
        for (let count = 0; count < BURST_MAX; count += 1) {
          let any = false;
          for (let port = 0; port < inputs.length; port += 1) {
            if (!state.packets.full) {
              const packet = inputs[port].pull();
              if (packet !== null) {
                packet.setAnnotationU8(INPUT_ANNOTATION, port & 0xff);
                packet.paint = port & 0xff;
                state.packets.enqueue(packet);
                any = true;
              }
            }
          }
          if (!any) break;
          worked = true;
        }
        if (!worked && state.packets.length > 0) state.loaded = true;
        return worked || state.loaded;
      }
      if (!state.active) return false;
      for (let count = 0; count < BURST_MAX; count += 1) {
        if (config.stop >= 0 && state.rounds >= config.stop) break;
        const packet = state.packets.dequeue();
        if (packet === null) break;
        worked = true;
        counters.sent.add(1);
        const port = packet.annotationU8(INPUT_ANNOTATION);
        if (port < outputs.length) emitCopy(outputs[port], packet);
        if (state.packets.full) emit(outputs[0], packet);
        else state.packets.enqueue(packet);
        state.at = u32(state.at + 1);
        if (state.at >= state.packets.length) {
          state.at = 0;
          state.rounds = u32(state.rounds + 1);
        }
      }
      return worked;
    },
    handlers: replayHandlers,
    attend: attendToRounds,
    examples: [example('sends what it took in twice', a, { 0: [a, a] }, { config: 'STOP 2', inputs: 1, outputs: 1, counters: { sent: 2 } })],
  });
}

/** A replay that is pulled from. */
export function pulledReplay(name: string) {
  return defineElement({
    name,
    config: replayArguments,
    ports: { inputs: pull(inputRow(false)), outputs: pull(outputRow(false)) },
    counters: { sent: 'Copies sent.' },
    storage: 'packets',
    state: ({ config }) => replayState(config.queue, config.active),
    pull({ config, state, counters, inputs, packets, timers }) {
      if (!state.loaded) {
        for (let count = 0; count < 65_536; count += 1) {
          if (state.packets.full) break;
          const packet = inputs[0].pull();
          if (packet === null) break;
          state.packets.enqueue(packet);
        }
        if (state.packets.length === 0) return null;
        state.loaded = true;
        timers.next.after(0);
      }
      if (!state.active || (config.stop >= 0 && state.rounds >= config.stop)) return null;
      const packet = state.packets.dequeue();
      if (packet === null) return null;
      const length = Math.min(packet.length, 9216);
      const copy = packets.ofLength(length);
      if (copy !== null) {
        copyBytes(copy, 0, packet, 0, length);
        copyAnnotations(copy, packet);
        counters.sent.add(1);
        state.at = u32(state.at + 1);
        if (state.at > state.packets.length) {
          state.at = 0;
          state.rounds = u32(state.rounds + 1);
        }
      }
      if (!state.packets.full) state.packets.enqueue(packet);
      return copy;
    },
    timers: {
      // Who pulls is to go on when everything was taken in.
      next: () => undefined,
    },
    handlers: replayHandlers,
    attend: attendToRounds,
    examples: [example('gives what it took in twice', a, { 0: [a, a] }, { config: 'STOP 2', inputs: 1, outputs: 1, after: 'Unqueue', counters: { sent: 2 } })],
  });
}
