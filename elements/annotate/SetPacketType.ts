/**
 * Says of packets to whom they were sent on the link: to this host, to many, to another host. DropBroadcasts asks for it.
 */
import { ANNOTATIONS, defineElement, ethernet, example, PACKET_TYPE, parsed } from 'wirelet';

const TYPES = {
  HOST: PACKET_TYPE.host,
  BROADCAST: PACKET_TYPE.group,
  MULTICAST: PACKET_TYPE.multicast,
  OTHERHOST: PACKET_TYPE.other_host,
  OUTGOING: PACKET_TYPE.outgoing,
  LOOPBACK: PACKET_TYPE.loopback,
  FASTROUTE: PACKET_TYPE.fast_route,
} as const;
const NAMES = Object.keys(TYPES) as (keyof typeof TYPES)[];
const packetType = parsed<keyof typeof TYPES>(
  NAMES.join(' | '),
  { doc: 'To whom packets were sent.', schema: { enum: NAMES } },
  (text) => {
    const value = NAMES.find((name) => name === text.toUpperCase());
    return value === undefined ? { error: `expected one of ${NAMES.join(', ')}, got "${text}"`, click: `unrecognized packet type '${text}'`, ofElement: true } : { value };
  },
  String,
);
const [unicast, broadcast] = [ethernet.make({}), ethernet.make({ destination: 0xffff_ffff_ffff })] as const;

export default defineElement({
  name: 'SetPacketType',
  config: { type: packetType },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  build: ({ config }) => ({ type: TYPES[config.type] }),
  process(packet, { built, outputs }) {
    packet.setAnnotationU8(ANNOTATIONS.packet_type.offset, built.type);
    return outputs.out;
  },
  reconfigurable: true,
  examples: [
    example('makes a broadcast of a unicast', unicast, {}, { config: 'BROADCAST', after: 'DropBroadcasts' }),
    example('makes a unicast of a broadcast', broadcast, { out: broadcast }, { config: 'host', after: 'DropBroadcasts' }),
    example('sets the annotation', unicast, { out: Uint8Array.from([3, ...unicast.bytes]) }, { config: 'OTHERHOST', after: 'ExampleAnnotations(19, 1)' }),
  ],
});
