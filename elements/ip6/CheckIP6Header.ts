/**
 * Lets packets with a right IPv6 header pass (RFC 8200, 3), and marks where it and what follows it begin; what the link layer added
 * behind the packet is cut off. The others leave by `bad`, counted by what is wrong.
 *
 * Checked are version, payload length and the source: not the address of ones alone, nor one of BADADDRS, as by Click; multicast addresses,
 * which no packet may come from (RFC 4291, 2.7), pass. Jumbograms
 * (RFC 2675), whose length is not in the header, are longer than any frame here.
 */
import { defineElement, dropHandlers, ethernet, example, integer, ipv6, ipv6Address, optional, push, register, words, type Complaints, type Counter, type Log } from 'wirelet';

const ONES = 0xffff_ffff;
const good = ipv6.make({}, new Uint8Array(8));
const padded = Uint8Array.from([...good.bytes, 0, 0]);
const from = (source: string) => ipv6.make({ source }).bytes;
const lying = ipv6.make({ payload_length: 9 }, new Uint8Array(8)).bytes;

/** An address, of which Click says in its own way that it is none. */
function sourceAddress(): ReturnType<typeof ipv6Address> {
  const kind = ipv6Address({ doc: 'Addresses that no source has.' });
  return { ...kind, parse: (text, scope) => {
    const read = kind.parse(text, scope);
    return 'error' in read ? { ...read, click: 'expects IP6ADDRESS -a ', ofElement: true } : read;
  } };
}

/** Counts a wrong packet, and says under Click's driver that there is one. */
function countWrong(counter: Counter, state: Complaints, log: Log, chatter: string): void {
  counter.add(1);
  if (chatter.length > 0 && state.complaints === 0) {
    log.text('IP6 header check failed');
    log.end();
    state.complaints = 1;
  }
}

export default defineElement({
  name: 'CheckIP6Header',
  config: {
    badaddrs: words(sourceAddress()),
    offset: integer({ default: 0, max: 1024, doc: 'Where the header begins, in bytes.' }),
  },
  ports: { inputs: { in: 'Packets that should be IPv6.' }, outputs: { out: 'Packets with a right header.', bad: optional(push('The others, as they came.')) } },
  counters: {
    short: 'Packets too short for a header.',
    bad_version: 'Not version 6.',
    bad_length: 'The packet is said to be longer than it is.',
    bad_source: 'The source is an address that no host has.',
  },
  split: 'each',
  state: { complaints: register('u8') },
  build: ({ chatter }) => ({ chatter }),
  process(packet, { config, built, counters, state, log, outputs }) {
    const length = packet.length - config.offset;
    if (length < ipv6.size) {
      countWrong(counters.short, state, log, built.chatter);
      return outputs.bad;
    }
    const header = ipv6.atOffset(packet, config.offset);
    if (header.version !== 6) {
      countWrong(counters.bad_version, state, log, built.chatter);
      return outputs.bad;
    }
    const total = ipv6.size + header.payload_length;
    if (total > length) {
      countWrong(counters.bad_length, state, log, built.chatter);
      return outputs.bad;
    }
    let bad = header.source_0 === ONES && header.source_1 === ONES && header.source_2 === ONES && header.source_3 === ONES;
    for (const address of config.badaddrs) {
      if (header.source_0 === address[0] && header.source_1 === address[1] && header.source_2 === address[2] && header.source_3 === address[3]) bad = true;
    }
    if (bad) {
      countWrong(counters.bad_source, state, log, built.chatter);
      return outputs.bad;
    }
    packet.markNetworkHeader(config.offset);
    packet.markTransportHeader(config.offset + ipv6.size);
    packet.truncate(config.offset + total);
    return outputs.out;
  },
  handlers: dropHandlers({ short: 'tiny packet', bad_version: 'bad IP version', bad_length: 'bad IP length', bad_source: 'bad source address' }).handlers,
  examples: [
    example('passes a right header', good.bytes, { out: good.bytes }),
    example('cuts off what the link layer added', padded, { out: good.bytes }),
    example('finds the header behind another', ethernet.make({}, good.bytes), { out: ethernet.make({}, good.bytes) }, { config: 'OFFSET 14' }),
    example('marks for what follows', good.bytes, { out: ipv6.make({ hop_limit: 63 }, new Uint8Array(8)) }, { after: 'DecIP6HLIM' }),
    example('finds a source of ones, but not others that are many', [from('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'), from('ff02::1')], { bad: from('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'), out: from('ff02::1') }, { counters: { bad_source: 1 } }),
    example('finds a source that it was told of', [from('::'), from('2001:db8::9'), from('2001:db8::8')], { bad: [from('::'), from('2001:db8::9')], out: from('2001:db8::8') }, { config: ':: 2001:db8::9', counters: { bad_source: 2 } }),
    example('lets any other source pass unless told', from('::'), { out: from('::') }),
    example('finds a length beyond the end', lying, { bad: lying }, { counters: { bad_length: 1 } }),
    example('finds other versions', ipv6.make({ version: 4 }).bytes, { bad: ipv6.make({ version: 4 }).bytes }, { counters: { bad_version: 1 } }),
    example('finds what is too short', [good.bytes.subarray(0, 39), new Uint8Array()], { bad: [good.bytes.subarray(0, 39), new Uint8Array()] }, { counters: { short: 2 } }),
  ],
});
