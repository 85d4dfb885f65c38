/**
 * Watches the rates of traffic from and to IPv4 networks: of packets from the source's network at the first input, of packets to the destination's at the second. It begins
 * with networks of 8 bits; those that have THRESH or more in a second, either way, are looked at in networks of 16, 24 and 32 bits.
 *
 * TYPE says what counts, PACKETS or BYTES; RATIO is the share of packets that are looked at. With ANNO, packets get the rates of the narrowest network that is known of
 * their address: from it, and to it. MEMORY is what the networks may take, in KiB; where there is no room, those stay out that were not heard of for the longest time.
 */
import { bool, defineElement, example, formatIpv4, integer, ipv4, many, parsed, real, register, table, TIME_RANGE, u32, HandlerError, integerValue, parseIpv4 } from 'wirelet';

const SECOND_US = 1_000_000;
/** Bytes that a network takes, about. */
const NETWORK_BYTES = 48;
const NETWORKS_MIN = 256;
/** Annotations of Click: the rate from, and the rate to an address. */
const FROM_ANNOTATION = 32;
const TO_ANNOTATION = 36;
const LEVELS = 4;
/** A second's rate counts for a quarter of the average. */
const SHARE = 4;
const COUNT_MAX = 0x3fff_ffff;
const WEIGHT_MAX = 1_000_000;

const packet = ipv4.make({ source: 0x0a01_0203, destination: 0x1401_0203 });
const shown = (rate: number) => Uint8Array.from([0, 0, 0, rate, 0, 0, 0, 0, ...packet.bytes]);

/** The address's network of 8, 16, 24 or 32 bits. */
function networkOf(address: number, level: number): u32 {
  if (level === 0) return (address & 0xff00_0000) >>> 0;
  if (level === 1) return (address & 0xffff_0000) >>> 0;
  if (level === 2) return (address & 0xffff_ff00) >>> 0;
  return address >>> 0;
}

export default defineElement({
  name: 'IPRateMonitor',
  config: {
    type: parsed<string>('PACKETS | BYTES', { doc: 'What counts.', schema: { enum: ['PACKETS', 'BYTES'] } }, (text) => {
      const value = text.toUpperCase();
      return value === 'PACKETS' || value === 'BYTES' ? { value } : { error: `expected PACKETS or BYTES, got "${text}"`, click: 'monitor type should be "PACKETS" or "BYTES"', ofElement: true };
    }, String),
    ratio: real({ min: 0, doc: 'The share of packets that are looked at.' }),
    thresh: integer({ min: 1, max: COUNT_MAX, doc: 'The rate from which on the networks within a network are looked at.' }),
    memory: integer({ default: 4096, max: 1_048_576, unit: 'KiB', doc: 'What networks may take; 0: as by default.' }),
    anno: bool({ default: true, doc: 'Whether packets get the rates.' }),
  },
  ports: {
    inputs: many('Packets to count by their source; at the second input, by their destination.', { min: 1, max: 2 }),
    outputs: many('The same packets, those of each input by the output of its number.', { min: 1, max: 2 }),
  },
  counters: { no_room: 'Networks for which there was no room.' },
  state: ({ config }) => ({
    networks: table({
      key: { network: 'u32', level: 'u8' },
      fields: { from: 'u32', to: 'u32', from_rate: 'u32', to_rate: 'u32', second: 'u32', seen_us: TIME_RANGE },
      capacity: Math.max(NETWORKS_MIN, Math.floor(((config.memory || 4096) * 1024) / NETWORK_BYTES)),
      evict: 'seen_us',
    }),
    begin_us: register(TIME_RANGE),
    begun: register('u8'),
  }),
  build({ config, inputs, outputs, fail }) {
    if (inputs.length !== outputs.length) return fail(`there are ${inputs.length} inputs and ${outputs.length} outputs`, 'Each input has an output of its own.');
    if (config.ratio > 1) return fail(`expected a RATIO up to 1, got ${config.ratio}`, undefined, 'ratio must be between 0 and 1');
    return { weight: Math.min(WEIGHT_MAX, Math.max(1, Math.round(1 / Math.max(1e-6, config.ratio)))), bytes: config.type === 'BYTES', chance: Math.round(config.ratio * 0xffff_ffff) };
  },
  process(packet, { config, built, state, outputs, port, clock, random }) {
    const header = ipv4.at(packet);
    const now = clock.microseconds;
    if (state.begun === 0) {
      state.begun = 1;
      state.begin_us = now;
    }
    if (built.weight > 1 && random.u32() > built.chance) return outputs[port]!;
    const address = port === 0 ? header.source : header.destination;
    const amount = Math.min(COUNT_MAX, (built.bytes ? packet.length : 1) * built.weight);
    const second = u32(Math.trunc(now / SECOND_US));
    const { networks } = state;
    let fromRate = 0;
    let toRate = 0;
    for (let level = 0; level < LEVELS; level += 1) {
      const network = networkOf(address, level);
      let slot = networks.find(network, level);
      if (slot < 0) {
        slot = networks.insert(network, level);
        if (slot < 0) break;
        networks.from[slot] = 0;
        networks.to[slot] = 0;
        networks.from_rate[slot] = 0;
        networks.to_rate[slot] = 0;
        networks.second[slot] = second;
      }
      networks.seen_us[slot] = now;
      const passed = second - networks.second[slot]!;
      if (passed > 0) {
        // Of what was counted, a second's share; seconds without packets bring the average down.
        const kept = passed > 30 ? 0 : 1;
        networks.from_rate[slot] = u32(Math.trunc((networks.from_rate[slot]! * (SHARE - 1) * kept + networks.from[slot]!) / SHARE));
        networks.to_rate[slot] = u32(Math.trunc((networks.to_rate[slot]! * (SHARE - 1) * kept + networks.to[slot]!) / SHARE));
        networks.from[slot] = 0;
        networks.to[slot] = 0;
        networks.second[slot] = second;
      }
      if (port === 0) networks.from[slot] = Math.min(COUNT_MAX, networks.from[slot]! + amount);
      else networks.to[slot] = Math.min(COUNT_MAX, networks.to[slot]! + amount);
      fromRate = Math.max(networks.from_rate[slot]!, networks.from[slot]!);
      toRate = Math.max(networks.to_rate[slot]!, networks.to[slot]!);
      if (fromRate < config.thresh && toRate < config.thresh) break;
    }
    if (config.anno) {
      packet.setAnnotationU32(FROM_ANNOTATION, u32(fromRate));
      packet.setAnnotationU32(TO_ANNOTATION, u32(toRate));
    }
    return outputs[port]!;
  },
  handlers: {
    thresh: { doc: 'The rate from which on the networks within a network are looked at.', read: ({ config }) => String(config.thresh) },
    look: {
      doc: 'The hundredths of a second since the beginning, then for each network its address, and the rates from it and to it.',
      read({ state, microseconds }) {
        const { networks } = state;
        const rows: string[] = [];
        const order = Array.from({ length: networks.slots }, (_, slot) => slot).filter((slot) => networks.occupied(slot));
        order.sort((a, b) => (networks as any).network[a] - (networks as any).network[b] || (networks as any).level[a] - (networks as any).level[b]);
        for (const slot of order) {
          const parts = formatIpv4((networks as any).network[slot]).split('.').slice(0, (networks as any).level[slot] + 1);
          rows.push(`${parts.join('.')}\t${Math.max(networks.from_rate[slot]!, networks.from[slot]!)}\t${Math.max(networks.to_rate[slot]!, networks.to[slot]!)}\n`);
        }
        return `${state.begun === 0 ? 0 : Math.floor((microseconds - state.begin_us) / 10_000)}\n${rows.join('')}`;
      },
    },
    mem: { doc: 'Bytes that networks take.', read: ({ state }) => String(state.networks.length * NETWORK_BYTES) },
    memmax: {
      doc: 'What they may take, in KiB.',
      read: ({ config }) => String(config.memory),
      write: (_element, value) => {
        integerValue(value);
        throw new HandlerError('the room for networks is set aside at the beginning: give MEMORY');
      },
    },
    anno_level: {
      doc: 'ADDRESS LEVEL: forgets the networks within that network, from LEVEL on (1 to 3).',
      write({ state }, value) {
        const [name = '', level = ''] = value.trim().split(/\s+/);
        const address = parseIpv4(name);
        if (address === undefined) throw new HandlerError('expects an IP address');
        const first = Number(level);
        if (!(first >= 0 && first < LEVELS)) throw new HandlerError('expects a level from 0 to 3');
        const { networks } = state;
        for (let slot = 0; slot < networks.slots; slot += 1) {
          if (!networks.occupied(slot) || (networks as any).level[slot] < first) continue;
          if (networkOf((networks as any).network[slot], Math.max(0, first - 1)) === networkOf(address, Math.max(0, first - 1))) networks.remove(slot);
        }
      },
    },
    reset: {
      doc: 'Forgets all networks.',
      write({ state }) {
        for (let slot = 0; slot < state.networks.slots; slot += 1) if (state.networks.occupied(slot)) state.networks.remove(slot);
        state.begun = 0;
      },
    },
  },
  examples: [
    example('passes packets, and gives them rates', [packet, packet], { 0: [shown(1), shown(2)] }, { config: 'PACKETS, 1, 100', outputs: 1, after: 'ExampleAnnotations(32, 8)' }),
    example('looks closer where there is much', [packet, packet, packet], { 0: [shown(1), shown(2), shown(3)] }, { config: 'PACKETS, 1, 1', outputs: 1, after: 'ExampleAnnotations(32, 8)' }),
  ],
});
