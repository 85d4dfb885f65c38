/**
 * Puts UDP and IPv4 headers in front of packets, each time those of an argument chosen by chance. An argument is
 * `SADDR SPORT DADDR DPORT PROB [CHECKSUM]`: PROB is how often it is chosen, in proportion to the others; CHECKSUM whether the UDP
 * checksum is computed (true unless said).
 *
 * Headers of each argument are numbered one after the other; the destination becomes the destination annotation.
 */
import { array, checksummed, defineElement, example, formatIpv4, ipv4, ipv4Address, parsed, rest, transportPort, u16, udp, type Kind, type Parsed } from 'wirelet';
import { encapsulate } from './udp-encapsulation.js';

interface Choice {
  readonly source: number;
  readonly sport: number;
  readonly destination: number;
  readonly dport: number;
  /** Times that it is chosen, of as many as all choices have together. */
  readonly share: number;
  readonly checksum: boolean;
}

const ADDRESS = ipv4Address({ doc: '' });
const PORT = transportPort('udp', { doc: '' });
const CHOICES_MAX = 16;
const SHARE_MAX = 0xff_ffff;
/** What Click says of an argument that is none; it counts them from 0. */
const WRONG = { click: "argument %i should be 'SADDR SPORT DADDR DPORT PROB [CHECKSUM?]'" };

/** One argument. */
function choice(): Kind<Choice> {
  return parsed<Choice>(
    'UDP flow',
    { doc: 'SADDR SPORT DADDR DPORT PROB [CHECKSUM].', schema: { type: 'string' } },
    (text, scope): Parsed<Choice> => {
      const words = text.trim().split(/\s+/);
      if (words.length < 5 || words.length > 6) return { ...WRONG, error: `expected SADDR SPORT DADDR DPORT PROB [CHECKSUM], got "${text}"`, hint: 'For example 10.0.0.1 1234 10.0.0.2 53 1.' };
      const parts = [ADDRESS, PORT, ADDRESS, PORT].map((kind, index) => kind.parse(words[index]!, scope));
      for (const part of parts) if ('error' in part) return { ...part, ...WRONG };
      const [source, sport, destination, dport] = parts.map((part) => ('error' in part ? 0 : part.value));
      const share = /^\d+$/.test(words[4]!) ? Number(words[4]) : NaN;
      if (!(share <= SHARE_MAX)) return { ...WRONG, error: `expected PROB from 0 to ${SHARE_MAX}, got "${words[4]!}"` };
      const sum = words[5]?.toLowerCase() ?? 'true';
      if (!/^(true|yes|1|false|no|0)$/.test(sum)) return { ...WRONG, error: `expected true or false as CHECKSUM, got "${words[5]!}"` };
      return { value: { source: source!, sport: sport!, destination: destination!, dport: dport!, share, checksum: /^(true|yes|1)$/.test(sum) } };
    },
    ({ source, sport, destination, dport, share, checksum }) => `${formatIpv4(source)} ${sport} ${formatIpv4(destination)} ${dport} ${share} ${checksum}`,
  );
}

const data = Uint8Array.from([1, 2, 3]);
const plain = (destination_port: number, values: Parameters<typeof ipv4.make>[0] = {}) => ipv4.make({ ttl: 250, ...values }, udp.make({ source_port: 1234, destination_port }, data));
const always = '10.0.0.1 1234 10.0.0.2 53 1';

export default defineElement({
  name: 'RandomUDPIPEncap',
  config: { flows: rest(choice(), { max: CHOICES_MAX }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'UDP packets with marked headers.' } },
  state: { identifications: array('u16', CHOICES_MAX) },
  build({ config, fail }) {
    if (config.flows.length === 0) return fail('it needs an argument', 'Write SADDR SPORT DADDR DPORT PROB.', 'too few arguments');
    const flows = config.flows.filter(({ share }) => share > 0);
    if (flows.length === 0) return fail('every PROB is 0: nothing can be chosen', 'Give one of them 1.');
    let sum = 0;
    const below = flows.map(({ share }) => (sum += share));
    const column = (read: (flow: Choice) => number) => flows.map(read);
    return {
      total: sum,
      below,
      sources: column(({ source }) => source),
      sports: column(({ sport }) => sport),
      destinations: column(({ destination }) => destination),
      dports: column(({ dport }) => dport),
      checked: column(({ checksum }) => Number(checksum)),
    };
  },
  process(packet, { built, state, random, outputs }) {
    const drawn = random.below(built.total);
    let place = 0;
    for (const bound of built.below) if (drawn >= bound) place += 1;
    const chosen = Math.min(place, built.below.length - 1);
    const destination = built.destinations[chosen]!;
    encapsulate(packet, built.sources[chosen]!, built.sports[chosen]!, destination, built.dports[chosen]!, state.identifications[chosen]!, built.checked[chosen]! !== 0);
    state.identifications[chosen] = u16(state.identifications[chosen]! + 1);
    packet.destinationAddress = destination;
    return outputs.out;
  },
  examples: [
    example('puts both headers in front, numbered', [data, data], { out: [checksummed(plain(53)), checksummed(plain(53, { identification: 1 }))] }, { config: always }),
    example('never chooses what has no share', data, { out: checksummed(plain(53)) }, { config: `10.0.0.9 1 10.0.0.8 2 0, ${always}, 10.0.0.9 1 10.0.0.8 2 0` }),
    example('chooses by share', [data, data], { out: [checksummed(plain(54)), checksummed(plain(54, { identification: 1 }))] }, { config: `${always}, 10.0.0.1 1234 10.0.0.2 54 16777215` }),
    example('leaves the checksum out', data, { out: plain(53) }, { config: `${always} false` }),
    example('sets the annotation', data, { out: Uint8Array.from([10, 0, 0, 2, ...checksummed(plain(53)).bytes]) }, { config: always, after: 'ExampleAnnotations(0, 4)' }),
    example('knows names', data, { out: checksummed(plain(53)) }, { config: '10.0.0.1 1234 10.0.0.2 domain 7 true' }),
    example('drops what has no room for them', data, { drop: 'no_headroom' }, { config: always, before: 'Unstrip(100)' }),
  ],
});
