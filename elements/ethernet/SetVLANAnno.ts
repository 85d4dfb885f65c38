/** Sets the VLAN annotation of packets: the tag that VLANEncap(ANNO) puts into them. */
import { defineElement, example } from 'wirelet';
import { annotateTag, numberArguments, tagHandlers, tagOf } from './vlan-tag.js';

const byte = Uint8Array.from([1]);
const shown = (tci: number) => Uint8Array.from([tci >> 8, tci & 255, 1]);

export default defineElement({
  name: 'SetVLANAnno',
  config: numberArguments,
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  build: ({ config }) => ({ tci: tagOf(config) }),
  process(packet, { built, outputs }) {
    annotateTag(packet, built.tci);
    return outputs.out;
  },
  handlers: tagHandlers,
  reconfigurable: true,
  examples: [
    example('sets the tag', byte, { out: shown(0x6005) }, { config: '0x6005', after: 'ExampleAnnotations(20, 2)' }),
    example('sets identifier and priority', byte, { out: shown(0xe064) }, { config: 'VLAN_ID 100, VLAN_PCP 7', after: 'ExampleAnnotations(20, 2)' }),
    example('adds a priority', byte, { out: shown(0x6005) }, { config: '0x4005, 1', after: 'ExampleAnnotations(20, 2)' }),
  ],
});
