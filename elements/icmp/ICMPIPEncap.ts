/**
 * Puts an ICMP header of TYPE and CODE (RFC 792) and an IPv4 header in front of packets. The destination becomes the destination annotation;
 * identifications count up from 1, and leave out 0. Requests and replies of echo, time and information have IDENTIFIER and that number as
 * sequence, their bytes in the order of the machine as in Click on Linux: the lower one first.
 */
import { defineElement, example, icmp, ICMP_TYPE, integer, ipv4, ipv4Address, register, valueHandler } from 'wirelet';
import { beginMessage, endMessage } from './numbered-message.js';
import { codeOf, icmpCode, icmpType } from './type-argument.js';

/** Times behind the ICMP header of a timestamp message. */
const TIMES_BYTES = 12;
const SEQUENCED: readonly number[] = [ICMP_TYPE.echo, ICMP_TYPE.echo_reply, ICMP_TYPE.timestamp, ICMP_TYPE.timestamp_reply, ICMP_TYPE.information_request, ICMP_TYPE.information_reply];

const data = Uint8Array.from([1, 2, 3]);
const message = (identification: number, values: Parameters<typeof icmp.make>[0], payload = data) => ipv4.make({ protocol: 1, ttl: 255, identification }, icmp.make(values, payload));
const config = '10.0.0.1, 10.0.0.2';

/** A number as bytes with the lower one first. */
const lowFirst = (value: number) => ((value & 255) << 8) | (value >>> 8);

export default defineElement({
  name: 'ICMPIPEncap',
  config: {
    src: ipv4Address({ doc: 'The source.' }),
    dst: ipv4Address({ doc: 'The destination.' }),
    type: icmpType('ICMP type', 'The type, such as echo or 8.'),
    code: icmpCode('The code, by name or number.', '0'),
    identifier: integer({ max: 65_535, default: 0, keyword: true, doc: 'The ICMP identifier.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'ICMP messages with marked headers.' } },
  split: { never: 'both copies would give the same identification to packets' },
  state: { number: register('u16', 1) },
  build({ config, fail }) {
    const { type } = config;
    if (type < 0 || type > 255) return fail(`an ICMP type is from 0 to 255, not ${type}`, undefined, 'invalid TYPE');
    const code = codeOf(type, config.code, fail, 'invalid CODE');
    const timed = type === ICMP_TYPE.timestamp || type === ICMP_TYPE.timestamp_reply;
    return { code, sequenced: SEQUENCED.includes(type), bytes: ipv4.size + icmp.size + (timed ? TIMES_BYTES : 0) };
  },
  process(packet, context) {
    const { config, built, state, outputs } = context;
    packet.prepend(built.bytes);
    beginMessage(packet, context);
    const message = icmp.atOffset(packet, ipv4.size);
    message.type = config.type & 255;
    message.code = built.code & 255;
    if (built.sequenced) {
      message.identifier = lowFirst(config.identifier & 0xffff);
      message.sequence = lowFirst(state.number);
    }
    endMessage(packet, context);
    return outputs.out;
  },
  handlers: { src: valueHandler('src', 'The source.', 'IP address'), dst: valueHandler('dst', 'The destination.', 'IP address') },
  reconfigurable: true,
  examples: [
    example('makes messages of packets, and numbers them', [data, data], { out: [message(1, { type: 3, code: 3 }), message(2, { type: 3, code: 3 })] }, { config: `${config}, unreachable, port` }),
    example('numbers requests, the lower byte first', data, { out: message(1, { type: 8, identifier: 0x3412, sequence: 0x0100 }) }, { config: `${config}, echo, IDENTIFIER 0x1234` }),
    example('leaves room for times', data, { out: message(1, { type: 13, sequence: 0x0100 }, Uint8Array.from([...new Uint8Array(12), ...data])) }, { config: `${config}, 13, 0` }),
    example('sets the annotation', data, { out: Uint8Array.from([10, 0, 0, 2, ...message(1, { type: 4 }).bytes]) }, { config: `${config}, sourcequench`, after: 'ExampleAnnotations(0, 4)' }),
  ],
});
