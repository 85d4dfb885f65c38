/** Elements that pass packets on as they are. */
import { defineElement, ethernet, example, pull, push } from 'wirelet';

export const passesOn = example('passes a packet on', ethernet.make({}), { out: ethernet.make({}) });

/** An element whose packets are pushed or pulled, as its neighbours have it. */
export function anyNull(name: string) {
  return defineElement({
    name,
    ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
    process: (_packet, { outputs }) => outputs.out,
    examples: [passesOn],
  });
}

/** An element that takes packets only when they are pushed. */
export function pushNull(name: string) {
  return defineElement({
    name,
    ports: { inputs: { in: push('Packets.') }, outputs: { out: push('The same packets.') } },
    process: (_packet, { outputs }) => outputs.out,
    examples: [passesOn, example('passes on what has no bytes', new Uint8Array(), { out: new Uint8Array() })],
  });
}

/** An element that gives packets only when it is asked. */
export function pullNull(name: string) {
  return defineElement({
    name,
    ports: { inputs: { in: pull('Packets.') }, outputs: { out: pull('The same packets.') } },
    process: (_packet, { outputs }) => outputs.out,
    examples: [passesOn, example('passes on what has no bytes', new Uint8Array(), { out: new Uint8Array() })],
  });
}
