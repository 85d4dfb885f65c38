/**
 * Passes packets of each input to the output of the same number. Handlers close ports: packets that come there are
 * dropped, and none are pulled there.
 */
import { array, booleanValue, defineElement, drop, ethernet, example, many, sameAsInputs, type DrivenPorts } from 'wirelet';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });
const PORTS_MAX = 64;

interface Suppressing {
  readonly state: { readonly closed: { readonly length: number; [port: number]: number } };
}

/** The handler of one port. */
function activity(port: number) {
  return {
    doc: `Whether packets of port ${port} pass.`,
    read: ({ state }: Suppressing) => String(state.closed[port] === 0),
    write: ({ state }: Suppressing, value: string) => void (state.closed[port] = booleanValue(value, 'active value must be boolean') ? 0 : 1),
    when: ({ inputs }: DrivenPorts) => port < inputs.length,
  };
}

export default defineElement({
  name: 'Suppressor',
  ports: { inputs: many('Packets.', { min: 1, max: PORTS_MAX }), outputs: sameAsInputs('Packets of the input of that number.') },
  portsAlike: 'paired',
  drops: { suppressed: 'The port was closed.' },
  split: 'each',
  state: ({ inputs }) => ({ closed: array('u8', inputs.length) }),
  process(_packet, { state, outputs, port }) {
    if (state.closed[port] !== 0) return drop('suppressed');
    return outputs[port];
  },
  pull({ state, inputs, port }) {
    if (state.closed[port] !== 0) return null;
    return inputs[port].pull();
  },
  handlers: {
    ...Object.fromEntries(Array.from({ length: PORTS_MAX }, (_, port) => [`active${port}`, activity(port)])),
    reset: {
      doc: 'Opens all ports.',
      write({ state }) {
        for (let port = 0; port < state.closed.length; port += 1) state.closed[port] = 0;
      },
    },
  },
  examples: [
    example('passes packets from input to output', [from(1, 0), from(2, 1)], { 0: from(1, 0), 1: from(2, 1) }, { inputs: 2, outputs: 2 }),
    example('has one port when one is connected', from(1, 0), { 0: from(1, 0) }, { inputs: 1, outputs: 1 }),
  ],
});
