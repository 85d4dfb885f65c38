/**
 * Counts the packets of each input and their bytes, and keeps their recent rates, as Counter does for one; packets leave by the output of the same number. Handlers tell of all
 * inputs in order: `[3,0]`.
 */
import { array, defineElement, example, fixedPointText, many, push, sameAsInputs, TIME_RANGE, u32, type HandlerContext, type StateValues } from 'wirelet';
import { AVERAGE_MAX, BITS, BYTE_BITS, EPOCH_US, EPOCHS_MAX, EPOCHS_PER_SECOND, epochsOver, later, laterAverage, since } from './recent-rate.js';

const TIME_MAX = 4_503_599_627_370_496;
const COUNT_MAX = TIME_MAX;
const PORTS_MAX = 256;

/** By input. */
function counted(inputs: number) {
  return {
    packets: array(TIME_RANGE, inputs),
    bytes: array(TIME_RANGE, inputs),
    next_us: array(TIME_RANGE, inputs),
    began: array('u32', inputs),
    began_bytes: array('u32', inputs),
    average: array({ low: 0, high: AVERAGE_MAX }, inputs),
    average_bytes: array({ low: 0, high: AVERAGE_MAX }, inputs),
  };
}

type Counted = StateValues<ReturnType<typeof counted>>;
type Asked = HandlerContext<any, any, any>;

/** When the epoch ends that `now` lies in. */
const epochEnd = (now: number): number => Math.min(now - (now % EPOCH_US) + EPOCH_US, TIME_MAX);

/** Ends the epoch of an input. */
function endEpoch(state: Counted, port: number, now: number): void {
  const silent = Math.min(Math.trunc((now - state.next_us[port]!) / EPOCH_US), EPOCHS_MAX);
  const recent = since(state.began[port]!, u32(state.packets[port]!));
  const recentBytes = since(state.began_bytes[port]!, u32(state.bytes[port]!));
  state.average[port] = silent < EPOCHS_MAX ? later(state.average[port]!, recent * 1024) : 0;
  state.average_bytes[port] = silent < EPOCHS_MAX ? later(state.average_bytes[port]!, recentBytes * 16) : 0;
  for (let index = 0; index < EPOCHS_MAX; index += 1) {
    if (index >= silent) break;
    state.average[port] = later(state.average[port]!, 0);
    state.average_bytes[port] = later(state.average_bytes[port]!, 0);
  }
  state.began[port] = u32(state.packets[port]!);
  state.began_bytes[port] = u32(state.bytes[port]!);
  state.next_us[port] = epochEnd(now);
}

const list = ({ inputs }: Asked, of: (port: number) => string): string => `[${Array.from({ length: inputs.length }, (_, port) => of(port)).join(',')}]`;

/** Packets or bytes a second of each input. */
function rates(element: Asked, what: 'packets' | 'bytes'): string {
  const state = element.state as Counted;
  const [counts, began, averages, bits] = what === 'packets' ? [state.packets, state.began, state.average, BITS] : [state.bytes, state.began_bytes, state.average_bytes, BYTE_BITS];
  return list(element, (port) => {
    const sum = since(began[port]!, counts[port]! % 2 ** 32) * 2 ** bits;
    return fixedPointText(laterAverage(averages[port]!, sum, epochsOver(element.microseconds, state.next_us[port]!)) * EPOCHS_PER_SECOND, bits);
  });
}

const byte = (input: number) => ({ bytes: Uint8Array.from([input]), input });

export default defineElement({
  name: 'MultiCounter',
  ports: { inputs: push(many('Packets.', { min: 1, max: PORTS_MAX })), outputs: push(sameAsInputs('Packets of the input of that number.')) },
  state: ({ inputs }) => counted(inputs.length),
  build: ({ inputs }) => ({ inputs: inputs.length }),
  initialize({ built, state, clock }) {
    for (let port = 0; port < built.inputs; port += 1) state.next_us[port] = epochEnd(clock.microseconds);
  },
  process(packet, { state, outputs, clock, port }) {
    const now = clock.microseconds;
    if (now >= state.next_us[port]!) endEpoch(state, port, now);
    state.packets[port] = Math.min(state.packets[port]! + 1, COUNT_MAX);
    state.bytes[port] = Math.min(state.bytes[port]! + packet.length, COUNT_MAX);
    return outputs[port];
  },
  handlers: {
    count: { doc: 'Packets of each input.', read: (element) => list(element, (port) => String((element.state as Counted).packets[port])) },
    byte_count: { doc: 'Bytes of these.', read: (element) => list(element, (port) => String((element.state as Counted).bytes[port])) },
    rate: { doc: 'Packets a second of late, of each input.', read: (element) => rates(element, 'packets') },
    byte_rate: { doc: 'Bytes a second of late, of each input.', read: (element) => rates(element, 'bytes') },
    reset_counts: {
      doc: 'Sets counts to 0.',
      write(element) {
        const { packets, bytes, began, began_bytes } = element.state as Counted;
        for (let port = 0; port < element.inputs.length; port += 1) {
          // What was counted in this epoch still counts for the rates.
          began[port] = u32(began[port]! - packets[port]!);
          began_bytes[port] = u32(began_bytes[port]! - bytes[port]!);
          packets[port] = 0;
          bytes[port] = 0;
        }
      },
    },
  },
  examples: [example('keeps inputs apart', [byte(1), byte(0), byte(1)], { 0: byte(0).bytes, 1: [byte(1).bytes, byte(1).bytes] }, { inputs: 2, outputs: 2 })],
});
