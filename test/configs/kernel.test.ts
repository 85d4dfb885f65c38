/**
 * The oracles of router and gateway against a real peer: while their captures were made, the kernel routed
 * and translated, and what it sent was recorded too. The oracle must come to the same frames, byte for byte,
 * wherever the sender has no choice: for packets passed on, and for answers to ARP requests.
 */
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { expectedOutput } from './expected.js';
import { ARP_TYPE, address, etherType, ETHERNET_BYTES, ICMP, IP_TYPE, Ipv4View, TCP, UDP, within } from './frame.js';
import { kernelCapture, PORTS } from './traffic.js';

const ROUTER_ADDRESSES = ['10.0.0.1', '192.0.2.1', '198.51.100.1'].map(address);

/** An echo request with the address outside, or its reply on the way in; the kernel also let in who pinged from outside. */
function isPingThrough(view: Ipv4View): boolean {
  if (view.protocol !== ICMP) return false;
  return view.icmpType === 8 ? view.source === address('198.51.100.1') : view.icmpType === 0 && !ROUTER_ADDRESSES.includes(view.source) && within(view.destination, '10.0.0.0/24');
}

/** Neither the router's own messages nor its questions, which it may ask when it likes. */
const COMPARED = {
  router: (view: Ipv4View) => !ROUTER_ADDRESSES.includes(view.source),
  nat: (view: Ipv4View) => view.protocol === TCP || view.protocol === UDP || isPingThrough(view),
} as const;

for (const config of ['router', 'nat'] as const) {
  for (const port of PORTS[config]) {
    await t.test(`what ${config} passes on to ${port} is what the kernel passed on`, (t) => {
      const isCompared = (frame: Buffer) => {
        if (etherType(frame) === IP_TYPE) return COMPARED[config](new Ipv4View(frame.subarray(ETHERNET_BYTES)));
        return etherType(frame) === ARP_TYPE && frame.readUInt16BE(20) === 2;
      };
      const kernel = [...readCapture(kernelCapture(config, port))].map(({ bytes }) => Buffer.from(bytes)).filter(isCompared);
      const oracle = expectedOutput(config)[port]!.map(({ bytes }) => bytes).filter(isCompared);
      t.ok(kernel.length > 20, `the kernel sent ${kernel.length} frames`);
      // Two answers that leave at one time may do so in either order.
      t.same(sorted(oracle), sorted(kernel));
      t.end();
    });
  }
}

function sorted(frames: readonly Buffer[]): string[] {
  return frames.map((frame) => frame.toString('hex')).sort();
}
