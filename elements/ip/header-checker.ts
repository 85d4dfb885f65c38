/** Elements that let packets with a right IPv4 header pass. */
import { bool, defineElement, ethernet, example, formatIpv4, integer, ipv4, optional, parsed, parseInteger, readIpv4, type ArgumentScope, type Parsed } from 'wirelet';
import { checkCounters, checkHandlers, checkHeader, checkState, countWrong, sourceArguments, sourcesOf } from './header-check.js';

const good = ipv4.make({}, new Uint8Array(8));
const padded = Uint8Array.from([...good.bytes, 0, 0, 0]);
const wrong = ipv4.make({ checksum: 1 });

const OFFSET_MAX = 1024;

/** An offset, or a list of addresses in its place. */
interface OffsetOrSources {
  readonly offset?: number;
  readonly sources?: readonly number[];
}

function readOffset(text: string, scope: ArgumentScope): Parsed<OffsetOrSources> {
  const offset = parseInteger(text);
  if (offset !== undefined) return offset >= 0 && offset <= OFFSET_MAX ? { value: { offset } } : { error: `expected an offset from 0 to ${OFFSET_MAX}, got ${offset}` };
  const sources = text.split(/\s+/).filter((word) => word !== '').map((word) => readIpv4(word, scope));
  if (sources.some((address) => typeof address !== 'number')) return { error: `expected an offset in bytes, or IPv4 addresses, got "${text}"`, click: 'BADSRC*: parse error', ofElement: true };
  return { value: { sources: sources as number[] } };
}

const offsetOrSources = (options: { default: OffsetOrSources; doc: string }) => ({
  ...parsed<OffsetOrSources>('offset', { ...options, schema: { type: ['integer', 'string'] } }, readOffset, ({ offset, sources = [] }) => (offset === undefined ? sources.map(formatIpv4).join(' ') : String(offset))),
  words: true,
  behindKeywords: true,
});

/** The element of that name; `withChecksum`: whether it looks at checksums unless told. */
export function headerChecker(name: string, withChecksum: boolean) {
  return defineElement({
    name,
    config: {
      offset: offsetOrSources({ default: { offset: 0 }, doc: 'Where the header begins, in bytes. Or, as Click had it once, addresses that no source has, with OLD_OFFSET behind them.' }),
      old_offset: integer({ default: 0, max: OFFSET_MAX, doc: 'Where the header begins, behind a list of addresses.' }),
      ...sourceArguments,
      checksum: bool({ default: withChecksum, keyword: true, doc: 'Check the checksum.' }),
      verbose: bool({ default: false, keyword: true, doc: "Under Click's driver, a line for each wrong packet, not only for the first." }),
      details: bool({ default: false, keyword: true, doc: 'Show the reasons in the handler drop_details; counters tell them anyway.' }),
    },
    ports: { inputs: { in: 'Packets that should be IPv4.' }, outputs: { out: 'Packets with a right header.', bad: optional('The others, as they came.') } },
    counters: checkCounters,
    split: 'each',
    state: checkState,
    build({ config, chatter }) {
      const { offset = config.old_offset, sources } = config.offset;
      return { ...sourcesOf(sources === undefined ? config : { ...config, badsrc: [...config.badsrc, ...sources, 0, 0xffff_ffff] }), offset, chatter };
    },
    process(packet, { config, built, state, counters, outputs, log }) {
      const header = checkHeader(packet, built.offset, config.checksum, built);
      if (header < 0) {
        countWrong(header, counters, log, state, built.chatter, config.verbose);
        return outputs.bad;
      }
      return outputs.out;
    },
    ...checkHandlers,
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
