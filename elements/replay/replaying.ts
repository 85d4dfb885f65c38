/** Elements that take packets in until there is no more, in order of their time, and then send copies of them again and again (FastClick's replay family). */
import { array, bool, booleanHandler, consumed, copyAnnotations, copyBytes, defineElement, ethernet, example, flag, integer, integerValue, many, packetLists, pull, push, register, u32, type Clock, type HandlerContext, type Log, type Packet, type PullInput, type StateValues, type Verdict } from 'wirelet';

/** Packets taken in by one round, at most. */
const LOAD_MAX = 1024;
const BURST_MAX = 1024;
/** Packets that are kept, unless LIMIT or QUEUE says more. */
const CAPACITY = 16_384;
/** Times that an input has nothing before it counts as dry: what lies on another side may need a round to answer. */
const DRY = 3;
const TIMES_MAX = 0x7fff_ffff;
/** Microseconds that a packet may be early by. */
const EARLY = 1;
/** Percent of the speed that packets came with. */
const SPEED_MAX = 100_000;
/** Microseconds that a packet is waited for before it is looked at again. */
const WAIT_MAX = 1_000_000_000_000;
/** With STOP_TIME it looks as often whether that is over. */
const SECOND_US = 1_000_000;
/** Microseconds since the beginning of a loop are looked at so far: over a hundred days. */
const LOOP_US_MAX = 0x3ff_ffff_ffff;
const a = ethernet.make({ source: 1 });

const replayArguments = {
  stop: integer({ default: -1, min: -1, max: TIMES_MAX, keyword: true, doc: 'How often all packets are sent; then the run ends. -1: for ever; 0: not at all.' }),
  stop_time: integer({ default: 0, min: 0, max: TIMES_MAX, keyword: true, doc: 'Seconds after which the run ends with the loop that is sent then, or while a packet is waited for; 0: STOP alone ends it.' }),
  quick_clone: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: packets are copied.' }),
  burst: integer({ default: 64, min: 1, max: BURST_MAX, keyword: true, doc: 'Packets sent in one round, at most.' }),
  verbose: bool({ default: false, keyword: true, doc: 'Whether it says so when a loop is over.' }),
  freeonterminate: bool({ default: true, keyword: true, doc: 'Accepted for compatibility.' }),
  limit: integer({ default: -1, min: -1, max: 2 ** 20, keyword: true, doc: 'Packets taken in, at most; -1: 16384.' }),
  active: bool({ default: true, keyword: true, doc: 'Whether it sends.' }),
  use_signal: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: it waits for a first packet as it is.' }),
};

const queueArgument = (keyword: boolean) => integer({ default: 1024, min: 1, max: 2 ** 20, keyword, doc: 'Accepted for compatibility: packets are copied when they are pulled. More packets than 16384 are taken in if it is higher.' });

interface Arguments {
  readonly stop: number;
  readonly limit: number;
  readonly active: boolean;
  readonly queue?: number;
}

/** `lists`: how the packets are kept apart. */
function replayState(config: Arguments, inputs: number, lists: number) {
  return {
    packets: packetLists(lists, config.limit > 0 ? config.limit : Math.max(CAPACITY, config.queue ?? 0)),
    /** The next packets of the inputs, while packets are taken in, and their time. */
    heads: packetLists(Math.max(1, inputs), Math.max(1, inputs)),
    seconds: array('u32', Math.max(1, inputs)),
    nanoseconds: array('u32', Math.max(1, inputs)),
    dry: register('u32'),
    loading: flag(),
    loaded: flag(),
    active: flag(config.active),
    /** Loops that are left, -1: for ever; those that are over; by list, those that are over and the packets sent since. */
    left: register({ low: -1, high: TIMES_MAX }, config.stop),
    rounds: register('u32'),
    turns: array('u32', lists),
    at: array('u32', lists),
    /** When it began to send, and whether STOP_TIME is over. */
    started: flag(),
    started_us: register('u53'),
    over: flag(),
    /** When the loop began, and the time of its first packet. */
    anchored: flag(),
    begun_us: register('u53'),
    first_s: register('u32'),
    first_ns: register('u32'),
    reported: flag(),
  };
}

interface Replaying {
  readonly config: { readonly limit: number; readonly verbose: boolean; readonly stop_time: number };
  readonly built: { readonly chatter: string; readonly declaration: string };
  readonly state: StateValues<ReturnType<typeof replayState>>;
  readonly inputs: { readonly length: number; readonly [index: number]: PullInput };
  readonly log: Log;
  readonly clock: Clock;
  emit(output: Verdict, packet: Packet): void;
}

/** Takes packets in, those of each input into a list of its own if there are several; of the next packets of all inputs, the one with the earliest time. */
function load(replaying: Replaying, several: boolean): void {
  const { config, built, state, inputs, log, emit } = replaying;
  if (!state.loading) {
    state.loading = true;
    if (built.chatter.length > 0) {
      log.text('Loading ');
      log.text(built.chatter);
      log.text(' with ');
      log.decimal(inputs.length);
      log.text(' inputs.');
      log.end();
    }
  }
  let over = false;
  let missing = -1;
  for (let count = 0; count < LOAD_MAX; count += 1) {
    missing = -1;
    for (let port = 0; port < inputs.length; port += 1) {
      if (missing < 0 && state.heads.count(port) === 0) {
        const packet = inputs[port]!.pull();
        if (packet === null) {
          missing = port;
        } else {
          state.seconds[port] = packet.timestampSeconds;
          state.nanoseconds[port] = packet.timestampNanoseconds;
          state.heads.append(port, packet);
        }
      }
    }
    if (missing >= 0) {
      state.dry = u32(state.dry + 1);
      over = state.dry >= DRY && state.packets.length > 0;
      break;
    }
    state.dry = 0;
    let first = 0;
    for (let port = 1; port < inputs.length; port += 1) {
      if (state.seconds[port]! < state.seconds[first]! || (state.seconds[port]! === state.seconds[first]! && state.nanoseconds[port]! < state.nanoseconds[first]!)) first = port;
    }
    const packet = state.heads.take(first);
    if (packet === null) break;
    packet.paint = first & 0xff;
    state.packets.append(several ? first : 0, packet);
    if (state.packets.full || (config.limit > 0 && state.packets.length >= config.limit)) {
      over = true;
      break;
    }
  }
  if (!over) return;
  for (let port = 0; port < inputs.length; port += 1) {
    const packet = state.heads.take(port);
    if (packet !== null) emit(consumed, packet);
  }
  state.loaded = true;
  if (built.chatter.length > 0) {
    log.text(built.chatter);
    log.text(' : Successfully loaded ');
    log.decimal(state.packets.length);
    log.text(' packets. Input ');
    log.decimal(missing);
    log.text(' dried out.');
    log.end();
  }
}

/** Marks the headers of a copy of `length` bytes, as far as they lie in them. */
function copyMarks(copy: Packet, packet: Packet, length: number): void {
  const mac = packet.hasMacHeader ? packet.macHeaderOffset : -1;
  const network = packet.hasNetworkHeader ? packet.networkHeaderOffset : -1;
  const transport = packet.hasTransportHeader ? packet.transportHeaderOffset : -1;
  if (mac >= 0 && mac <= length) copy.markMacHeader(mac);
  if (network >= 0 && network <= length) copy.markNetworkHeader(network);
  if (transport >= 0 && transport <= length) copy.markTransportHeader(transport);
}

/** Microseconds until the next packet is due when packets go with `speed` percent of the speed they came with; 0: now. */
function earliness(replaying: Replaying, speed: number): number {
  const { state, clock } = replaying;
  if (speed <= 0) return 0;
  if (!state.anchored) {
    state.anchored = true;
    state.begun_us = clock.microseconds;
    state.first_s = state.seconds[0]!;
    state.first_ns = state.nanoseconds[0]!;
  }
  const due = (state.seconds[0]! - state.first_s) * 1_000_000 + Math.trunc((state.nanoseconds[0]! - state.first_ns) / 1000);
  const elapsed = Math.max(0, Math.min(clock.microseconds - state.begun_us, LOOP_US_MAX));
  // Hundreds by themselves, so that the product is exact.
  const passed = Math.trunc(elapsed / 100) * speed + Math.trunc(((elapsed % 100) * speed) / 100);
  const early = due - passed;
  if (early <= EARLY) return 0;
  return Math.max(1, Math.trunc((Math.min(early, WAIT_MAX) * 100) / speed));
}

/** Whole seconds since it began to send. */
function secondsSent({ state, clock }: Replaying): number {
  if (!state.started) {
    state.started = true;
    state.started_us = clock.microseconds;
  }
  return Math.trunc(Math.max(0, Math.min(clock.microseconds - state.started_us, LOOP_US_MAX)) / 1_000_000);
}

function sayLoopsLeft({ state, log }: Replaying): void {
  log.text(' (');
  log.decimal(state.left);
  log.text(' loops left)');
  log.end();
}

function sayTime({ config, log }: Replaying, seconds: number): void {
  log.text(' after ');
  log.decimal(seconds);
  log.text('/');
  log.decimal(config.stop_time);
  log.text(' seconds');
}

/** Says that a loop is over and how many are left, as FastClick does, and counts it. */
function endLoop(replaying: Replaying): void {
  const { config, built, state, log } = replaying;
  const seconds = secondsSent(replaying);
  const says = config.verbose && built.chatter.length > 0;
  if (config.stop_time > 0 && seconds >= config.stop_time) {
    if (says) {
      log.text('Replay stopped after ');
      log.decimal(seconds);
      log.text(' seconds');
      sayLoopsLeft(replaying);
    }
    state.left = 0;
  } else {
    if (says) {
      log.text(built.declaration);
      if (config.stop_time === 0) {
        log.text(': Replay loop');
      } else {
        log.text(': continue');
        sayTime(replaying, seconds);
      }
      sayLoopsLeft(replaying);
    }
    if (state.left > 0) state.left = Math.max(0, state.left - 1);
    if (says && state.left === 0) {
      log.text(built.declaration);
      if (config.stop_time === 0) {
        log.text(': stopped');
      } else {
        log.text(': stopped early');
        sayTime(replaying, seconds);
      }
      log.text(' because there is 0 loops left');
      log.end();
    }
  }
  if (state.left === 0) halt(replaying);
}

function halt({ state }: Replaying): void {
  state.active = false;
  state.started = false;
}

/** A list was sent once more; when all were, a loop is over. */
function endTurn(replaying: Replaying, list: number): void {
  const { state } = replaying;
  state.at[list] = 0;
  state.turns[list] = u32(state.turns[list]! + 1);
  state.anchored = false;
  let least = state.turns[list]!;
  for (let other = 0; other < state.turns.length; other += 1) if (state.packets.count(other) > 0) least = Math.min(least, state.turns[other]!);
  if (least <= state.rounds) return;
  state.rounds = least;
  endLoop(replaying);
}

const inputRow = (several: boolean) => many('Packets to take in.', several ? { min: 1, max: 256 } : { min: 1, max: 1 });
const outputRow = (several: boolean) => many('Copies of the packets of that input.', several ? { min: 1, max: 256 } : { min: 1, max: 1 });

type Element = Omit<HandlerContext<any, any, any>, 'state'> & { readonly state: any };

const replayHandlers = {
  active: booleanHandler('active', 'Whether it sends.'),
  count: { doc: 'Packets that were taken in.', read: ({ state }: Element) => String(state.packets.length) },
  loops: { doc: 'How often all of them were sent.', read: ({ state }: Element) => String(state.rounds) },
  reset: {
    doc: 'Forgets what was taken in, and begins to take in anew.',
    write({ state }: Element) {
      for (let list = 0; list < state.packets.lists; list += 1) while (state.packets.take(list) !== null);
      for (let list = 0; list < state.heads.lists; list += 1) while (state.heads.take(list) !== null);
      state.at.fill(0);
      state.turns.fill(0);
      Object.assign(state, { dry: 0, loading: false, loaded: false, rounds: 0, anchored: false, started: false });
    },
  },
  stop: {
    doc: 'How often all packets are sent from now on; -1: for ever.',
    read: ({ state }: Element) => String(state.left),
    write({ state }: Element, value: string) {
      state.left = integerValue(value, -1, TIMES_MAX);
      state.reported = false;
    },
  },
  loaded: { doc: 'Whether all packets were taken in.', read: ({ state }: Element) => String(state.loaded) },
};

/** Ends the run once. */
function attendToRounds({ state, stop }: { state: any; stop: () => void }): void {
  const ended = state.over || (state.left === 0 && state.loaded && !state.reported);
  if (!ended) return;
  state.reported = !state.over;
  state.over = false;
  stop();
}

/** A replay that pushes: of one input, in its time if that is asked for, or of several with an output for each. */
export function pushingReplay(name: string, several: boolean) {
  return defineElement({
    name,
    config: { ...replayArguments, ...(several ? {} : { timing: integer({ default: 0, max: SPEED_MAX, keyword: true, doc: 'In percent of the speed that they came with, how fast packets are sent; 0: as fast as they go.' }) }) },
    ports: { inputs: pull(inputRow(several)), outputs: push(outputRow(several)) },
    counters: { sent: 'Copies sent.' },
    state: ({ config, inputs }) => ({ ...replayState(config, inputs.length, 1), timing: register({ low: 0, high: SPEED_MAX }, (config as { timing?: number }).timing ?? 0) }),
    build: ({ chatter }) => ({ chatter, declaration: `${chatter} :: ${name}` }),
    run(context) {
      const { config, state, counters, outputs, emit, emitCopy, timers } = context;
      if (!state.active) {
        state.anchored = false;
        return false;
      }
      if (!state.loaded) {
        load(context, false);
        if (!state.loaded && state.dry > 0) timers.next.after(1);
        return state.loaded || state.dry === 0;
      }
      if (state.left === 0) {
        state.active = false;
        return false;
      }
      const seconds = secondsSent(context);
      let worked = false;
      for (let count = 0; count < config.burst; count += 1) {
        if (state.heads.count(0) === 0) {
          const next = state.packets.take(0);
          if (next === null) break;
          state.seconds[0] = next.timestampSeconds;
          state.nanoseconds[0] = next.timestampNanoseconds;
          state.heads.append(0, next);
        }
        const early = earliness(context, state.timing);
        if (early > 0) {
          if (!worked && config.stop_time > 0 && seconds >= config.stop_time) {
            halt(context);
            state.over = true;
          } else {
            timers.next.after(config.stop_time > 0 ? Math.min(early, SECOND_US) : early);
          }
          break;
        }
        const packet = state.heads.take(0);
        if (packet === null) break;
        worked = true;
        counters.sent.add(1);
        const input = packet.paint;
        if (input < outputs.length) emitCopy(outputs[input]!, packet);
        if (state.packets.full) emit(consumed, packet);
        else state.packets.append(0, packet);
        state.at[0] = u32(state.at[0]! + 1);
        if (state.at[0]! >= state.packets.length) {
          endTurn(context, 0);
          break;
        }
      }
      return worked;
    },
    timers: {
      // It is to look again.
      next: () => undefined,
    },
    handlers: {
      ...replayHandlers,
      ...(several
        ? {}
        : {
            timing: {
              doc: 'In percent of the speed that they came with, how fast packets are sent; 0: as fast as they go.',
              read: ({ state }: Element) => String(state.timing),
              write: ({ state }: Element, value: string) => void (state.timing = integerValue(value, 0, SPEED_MAX)),
            },
          }),
    },
    attend: attendToRounds,
    examples: [example('sends what it took in twice', a, { 0: [a, a] }, { config: 'STOP 2', inputs: 1, outputs: 1, counters: { sent: 2 } })],
  });
}

/** A replay that is pulled from: of one input, or of several with an output for each. */
export function pulledReplay(name: string, several: boolean) {
  return defineElement({
    name,
    config: { queue: queueArgument(!several), ...replayArguments },
    ports: { inputs: pull(inputRow(several)), outputs: pull(outputRow(several)) },
    counters: { sent: 'Copies sent.' },
    state: ({ config, inputs }) => replayState(config, inputs.length, several ? Math.max(1, inputs.length) : 1),
    build: ({ chatter, inputs }) => ({ chatter, declaration: `${chatter} :: ${name}`, lists: several ? Math.max(1, inputs.length) : 1 }),
    pull(context) {
      const { built, state, counters, packets, timers, port } = context;
      if (!state.active) return null;
      if (!state.loaded) {
        load(context, several);
        // Who pulls is to go on.
        timers.next.after(1);
        if (!state.loaded) return null;
      }
      if (state.left === 0) {
        state.active = false;
        return null;
      }
      if (port >= built.lists || (state.left > 0 && state.turns[port]! - state.rounds >= state.left)) return null;
      const packet = state.packets.take(port);
      if (packet === null) return null;
      secondsSent(context);
      const length = Math.min(packet.length, 9216);
      const copy = packets.ofLength(length);
      if (copy !== null) {
        copyBytes(copy, 0, packet, 0, length);
        copyAnnotations(copy, packet);
        copyMarks(copy, packet, length);
        counters.sent.add(1);
      }
      // There is room: it was there until now.
      state.packets.append(port, packet);
      if (copy === null) return null;
      state.at[port] = u32(state.at[port]! + 1);
      if (state.at[port]! >= state.packets.count(port)) endTurn(context, port);
      return copy;
    },
    timers: {
      next: () => undefined,
    },
    handlers: replayHandlers,
    attend: attendToRounds,
    examples: [
      example('gives what it took in twice', a, { 0: [a, a] }, { config: 'STOP 2', inputs: 1, outputs: 1, after: 'Unqueue', counters: { sent: 2 } }),
    ],
  });
}
