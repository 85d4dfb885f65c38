/**
 * Passes packets of each input on to the output of the same number: in FastClick nobody else's packets are on the way behind it meanwhile, and with one thread
 * that is so anyway. Under Click's driver, SpinlockInfo has to declare the lock, if one is named.
 */
import { defineElement, ethernet, example, many, sameAsInputs, text } from 'wirelet';
import { needDeclared } from './lock-element.js';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });
const PORTS_MAX = 64;

export default defineElement({
  name: 'PathSpinlock',
  config: { lock: text({ default: '', doc: 'The name of the lock; one of its own unless given.' }) },
  ports: { inputs: many('Packets.', { min: 1, max: PORTS_MAX }), outputs: sameAsInputs('Packets of the input of that number.') },
  portsAlike: 'paired',
  split: 'each',
  build: (context) => needDeclared(context.config.lock, context),
  process: (_packet, { outputs, port }) => outputs[port],
  pull: ({ inputs, port }) => inputs[port].pull(),
  examples: [
    example('passes packets from input to output', [from(1, 0), from(2, 1)], { 0: from(1, 0), 1: from(2, 1) }, { inputs: 2, outputs: 2 }),
    example('passes packets on with a lock of that name', from(1, 0), { 0: from(1, 0) }, { config: 'lock', inputs: 1, outputs: 1 }),
  ],
});
