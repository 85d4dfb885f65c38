/** Elements that let packets with a right IPv4 header pass. */
import { bool, defineElement, ethernet, example, integer, ipv4, optional } from 'wirelet';
import { checkCounters, checkHandlers, checkHeader, sourceArguments, sourcesOf } from './header-check.js';

const good = ipv4.make({}, new Uint8Array(8));
const padded = Uint8Array.from([...good.bytes, 0, 0, 0]);
const wrong = ipv4.make({ checksum: 1 });

/** The element of that name; `withChecksum`: whether it looks at checksums unless told. */
export function headerChecker(name: string, withChecksum: boolean) {
  return defineElement({
    name,
    config: {
      offset: integer({ default: 0, max: 1024, doc: 'Where the header begins, in bytes.' }),
      ...sourceArguments,
      checksum: bool({ default: withChecksum, keyword: true, doc: 'Check the checksum.' }),
      verbose: bool({ default: false, keyword: true, doc: 'Accepted for compatibility; reasons are always counted.' }),
      details: bool({ default: false, keyword: true, doc: 'Accepted for compatibility; reasons are always counted.' }),
    },
    ports: { inputs: { in: 'Packets that should be IPv4.' }, outputs: { out: 'Packets with a right header.', bad: optional('The others, as they came.') } },
    counters: checkCounters,
    build: ({ config }) => sourcesOf(config),
    process(packet, { config, built, counters, outputs }) {
      if (checkHeader(packet, config.offset, config.checksum, built, counters) === 0) return outputs.bad;
      if (packet.destinationAddress === 0) packet.destinationAddress = packet.loadU32(config.offset + 16);
      return outputs.out;
    },
    handlers: checkHandlers,
    examples: [
      example('passes a right header', good.bytes, { out: good.bytes }),
      example('cuts off what the link layer added', padded, { out: good.bytes }),
      example('finds a wrong checksum', wrong.bytes, { bad: wrong.bytes }, { config: 'CHECKSUM true', counters: { bad_checksum: 1 } }),
      example('takes no heed of it when told so', wrong.bytes, { out: wrong.bytes }, { config: 'CHECKSUM false' }),
      example('knows what it was not told', wrong.bytes, withChecksum ? { bad: wrong.bytes } : { out: wrong.bytes }),
      example('finds a source that no host has', ipv4.make({ source: 0xffff_ffff }).bytes, { bad: ipv4.make({ source: 0xffff_ffff }).bytes }, { config: 'INTERFACES 192.0.2.1/24', counters: { bad_source: 1 } }),
      example('finds a source that it was told of', ipv4.make({}).bytes, { bad: ipv4.make({}).bytes }, { config: 'BADSRC 10.0.0.9 10.0.0.1', counters: { bad_source: 1 } }),
      example('lets any source pass unless told otherwise', ipv4.make({ source: 0 }).bytes, { out: ipv4.make({ source: 0 }).bytes }),
      example('finds the header behind another', ethernet.make({}, good.bytes), { out: ethernet.make({}, good.bytes) }, { config: '14' }),
      example('finds that nothing is behind the other', new Uint8Array(10), { bad: new Uint8Array(10) }, { config: '14', counters: { short: 1 } }),
      example('finds the broadcast address of its network', ipv4.make({ source: 0x0a00_00ff }).bytes, { bad: ipv4.make({ source: 0x0a00_00ff }).bytes }, { config: 'INTERFACES 10.0.0.1/24 192.0.2.1/24', counters: { bad_source: 1 } }),
      example('lets any source speak to the host', ipv4.make({ source: 0, destination: 0x0a00_0001 }).bytes, { out: ipv4.make({ source: 0, destination: 0x0a00_0001 }).bytes }, { config: 'INTERFACES 10.0.0.1/24' }),
      example('finds a length beyond the end', ipv4.make({ total_length: 21 }).bytes, { bad: ipv4.make({ total_length: 21 }).bytes }, { counters: { bad_length: 1 } }),
      example('finds a header shorter than one', ipv4.make({ header_length: 4 }).bytes, { bad: ipv4.make({ header_length: 4 }).bytes }, { counters: { bad_header_length: 1 } }),
      example('finds other versions', ipv4.make({ version: 6 }).bytes, { bad: ipv4.make({ version: 6 }).bytes }, { counters: { bad_version: 1 } }),
      example('finds what is too short', new Uint8Array(19), { bad: new Uint8Array(19) }, { counters: { short: 1 } }),
    ],
  });
}
