/** Sets the aggregate annotation of packets to their length, what was cut off included; with IP that of the IP packet. */
import { ANNOTATIONS, bool, defineElement, drop, ethernet, example, ipv4, u32, unmarked } from 'wirelet';

const packet = ipv4.make({}, new Uint8Array(10));
const shown = (aggregate: number, bytes: Uint8Array) => Uint8Array.from([0, 0, aggregate >> 8, aggregate & 255, ...bytes]);
const frame = ethernet.make({}, packet);

export default defineElement({
  name: 'AggregateLength',
  config: { ip: bool({ default: false, keyword: true, doc: 'Whether only what begins with the network header counts.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  drops: { no_header: 'IP: the packet has no marked network header.' },
  process(packet, { config, outputs }) {
    if (config.ip && !packet.hasNetworkHeader) return drop('no_header');
    const length = config.ip ? Math.max(0, packet.networkLength) : packet.length;
    packet.setAnnotationU32(ANNOTATIONS.aggregate.offset, u32(length + packet.annotationU32(ANNOTATIONS.extra_length.offset)));
    return outputs.out;
  },
  examples: [
    example('takes the length', frame, { out: shown(44, frame.bytes) }, { after: 'ExampleAnnotations(20, 4)' }),
    example('takes the length of the IP packet', frame, { out: shown(30, frame.bytes) }, { config: 'IP true', after: 'ExampleAnnotations(20, 4)' }),
    example('drops what has no network header, if that counts', unmarked(frame), { drop: 'no_header' }, { config: 'IP true' }),
    example('counts what was cut off', frame, { out: shown(44, frame.bytes.subarray(0, 20)) }, { before: 'Truncate(20)', after: 'ExampleAnnotations(20, 4)' }),
  ],
});
