/** An element of the control side beside compiled ones: its packets go to and fro by the memory of the ControlGate in its place (elements/control/ControlGate.ts). */
import type { AnyVerdict } from '../../kit/verdict.js';
import type { ControlPart } from '../../kit/control.js';
import { Packet } from '../../kit/packet.js';
import type { Instance } from '../../graph/graph.js';
import type { MachineContext } from './machine.js';

/** As in ControlGate. */
const [SLOTS, BYTES, WORDS, UNMARKED] = [1024, 9216, 12, -100_000];
const [ASKED, GAVE] = [1, 2];
/** The packet in that place was taken out of turn. */
const TAKEN = 0xffff;
/** Packets that an output may have before somebody asks for them. */
const READY_MAX = 1;

export class ControlGateSide {
  constructor(
    private readonly context: MachineContext,
    private readonly instance: Instance,
    readonly part: ControlPart,
  ) {
    instance.outputs.forEach(({ processing }, port) => (context.state.pulled[port] = processing === 'pull' ? 1 : 0));
  }

  /** Whether packets wait to go on. */
  get pending(): boolean {
    const { state } = this.context;
    return state.back_count !== state.back_taken && this.instance.outputs.some(({ processing }) => processing === 'push');
  }

  /** Hands over what was given, and fetches what was asked for; whether there was anything. */
  exchange(now: number): boolean {
    const { state } = this.context;
    let any = false;
    while (state.given_taken !== state.given_count) {
      const slot = state.given_taken % SLOTS;
      const port = state.given_port[slot] as number;
      const packet = port === TAKEN ? undefined : this.taken(slot);
      state.given_taken = (state.given_taken + 1) >>> 0;
      any = true;
      if (packet === undefined) continue;
      const verdict = this.part.process?.(packet, port) as AnyVerdict | undefined;
      if (verdict?.kind === 'output') this.put(verdict.index, packet, now);
    }
    this.instance.outputs.forEach(({ processing }, port) => {
      if (processing !== 'pull' || state.wanting[port] === 0 || (state.back_count - state.back_taken) >>> 0 >= READY_MAX) return;
      state.wanting[port] = 0;
      const packet = this.part.pull?.(port) ?? null;
      if (packet === null) return;
      any = true;
      this.put(port, packet, now);
    });
    return any;
  }

  /** Sends a packet to an output; what finds no room ends. */
  put(output: number, packet: Packet, now: number): void {
    const { state, timers } = this.context;
    const marks = [packet.macHeader, packet.networkHeader, packet.transportHeader].map((at) => (at < 0 ? undefined : at - packet.start));
    const front = Math.max(0, ...marks.map((mark) => -(mark ?? 0)));
    packet.unstrip(front);
    const reach = Math.max(packet.length, ...marks.map((mark) => (mark ?? 0) + front));
    if ((state.back_count - state.back_taken) >>> 0 >= SLOTS || reach > BYTES) return;
    const slot = state.back_count % SLOTS;
    state.back_port[slot] = output;
    state.back_length[slot] = packet.length;
    state.back_front[slot] = front;
    state.back_reach[slot] = reach;
    state.back_seconds[slot] = packet.timestampSeconds;
    state.back_nanoseconds[slot] = packet.timestampNanoseconds;
    for (const [index, mark] of marks.entries()) state.back_marks[slot * 3 + index] = mark === undefined ? UNMARKED : mark + front;
    for (let word = 0; word < WORDS; word += 1) state.back_annotations[slot * WORDS + word] = packet.annotationU32(word * 4);
    (state.back_bytes as Uint8Array).set(packet.data(), slot * BYTES);
    state.back_count = (state.back_count + 1) >>> 0;
    timers['work']!.at(now);
  }

  /** Takes a packet from an input: `round` lets the compiled elements work once. */
  pull(input: number, now: number, round: () => void): Packet | null {
    const { state, timers } = this.context;
    state.asked[input] = ASKED;
    timers['work']!.at(now);
    round();
    const answer = state.asked[input] as number;
    state.asked[input] = 0;
    if (answer !== GAVE) return null;
    const slot = state.answer[input] as number;
    const packet = this.taken(slot);
    state.given_port[slot] = TAKEN;
    return packet;
  }

  private taken(slot: number): Packet {
    const { state } = this.context;
    const packet = Packet.from((state.given_bytes as Uint8Array).slice(slot * BYTES, slot * BYTES + state.given_length[slot]));
    packet.timestampSeconds = state.given_seconds[slot];
    packet.timestampNanoseconds = state.given_nanoseconds[slot];
    const [mac, network, transport] = [0, 1, 2].map((index) => state.given_marks[slot * 3 + index] as number);
    // A mark may lie behind an end that was cut off.
    if (mac! >= 0) packet.macHeader = packet.start + mac!;
    if (network! >= 0) packet.networkHeader = packet.start + network!;
    if (transport! >= 0) packet.transportHeader = packet.start + transport!;
    packet.strip(state.given_front[slot]);
    for (let word = 0; word < WORDS; word += 1) packet.setAnnotationU32(word * 4, state.given_annotations[slot * WORDS + word]);
    return packet;
  }
}
