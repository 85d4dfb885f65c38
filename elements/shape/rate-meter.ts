/**
 * Elements that sort packets by the rate at which they come. The rate is a moving average: every twentieth of a second
 * counts for one part in sixteen, as it does in Counter.
 */
import { bandwidth, defineElement, ethernet, example, integer, many, push, register, rest, TIME_RANGE, type Kind, type Parsed } from 'wirelet';
import { bandwidthText } from './token-bucket.js';

const EPOCH_US = 50_000;
const EPOCHS_PER_SECOND = 20;
/** An average is kept in parts of 1024. */
const SCALE = 1024;
/** After so many epochs nothing is left of an average. */
const EPOCHS_MAX = 400;
const RECENT_MAX = 0x3fff_ffff;
const at = (source: number, time: number) => ({ ...ethernet.make({ source }, new Uint8Array(46)), at: time });

/** Rates, in Click's words for what is none. */
function ratesIn(kind: Kind<number>): Kind<number> {
  const worded = (parsed: Parsed<number>): Parsed<number> => ('error' in parsed ? { ...parsed, click: 'argument %d syntax error' } : parsed);
  return { ...kind, parse: (value, scope) => worded(kind.parse(value, scope)), accept: (value, scope) => worded(kind.accept(value, scope)) };
}

/** The highest rate of which an average can be kept. */
const RATE_MAX = Math.trunc(0xffff_ffff / SCALE);

const packetRates = rest(ratesIn(integer({ doc: 'Packets in a second.' })), { min: 0, max: 255, doc: 'Rates in packets a second, rising: one output more than these.' });
const byteRates = rest(ratesIn(bandwidth({ doc: 'Data in a second.' })), { min: 0, max: 255, doc: 'Rates such as 384kbps, rising: one output more than these.' });

/** The element by its class of Click's; `bytes`: the rates count bytes. */
export function rateMeter(name: string, bytes: boolean) {
  const shown = (rate: number) => (bytes ? bandwidthText(rate) : String(rate));
  return defineElement({
    name,
    config: { rates: bytes ? byteRates : packetRates },
    ports: {
      inputs: { in: push('Packets to measure.') },
      outputs: push(many('Packets that came at a rate below that of its number, and at or above those before.', { min: 2, count: (config) => config.rates.length + 1 })),
    },
    state: { next_us: register(TIME_RANGE), recent: register({ low: 0, high: RECENT_MAX }), average: register({ low: 0, high: RECENT_MAX * SCALE }) },
    build({ config, fail }) {
      const { rates } = config;
      if (rates.length === 0) fail('it needs a rate', undefined, 'too few arguments to BandwidthMeter(bandwidth, ...)');
      const falling = rates.findIndex((rate, index) => index > 0 && rate <= rates[index - 1]!);
      if (falling > 0) fail('the rates must rise', undefined, `rate ${falling + 1} must be > rate ${falling}`);
      const large = rates.findIndex((rate) => rate > RATE_MAX);
      if (large >= 0) fail(`rate ${large + 1} is above ${RATE_MAX}`, undefined, `rate ${large + 1} too large (max ${RATE_MAX})`);
      return { levels: config.rates.map((rate) => Math.ceil((rate * SCALE) / EPOCHS_PER_SECOND)) };
    },
    process(packet, { built, state, clock, outputs }) {
      const now = clock.microseconds;
      if (now >= state.next_us) {
        state.average = Math.trunc((state.average * 15 + state.recent * SCALE) / 16);
        const silent = Math.min(Math.trunc((now - state.next_us) / EPOCH_US), EPOCHS_MAX);
        for (let index = 0; index < EPOCHS_MAX; index += 1) {
          if (index >= silent) break;
          state.average = Math.trunc((state.average * 15) / 16);
        }
        state.recent = 0;
        state.next_us = Math.min(now - (now % EPOCH_US) + EPOCH_US, TIME_RANGE.high);
      }
      state.recent = Math.min(state.recent + (bytes ? packet.length : 1), RECENT_MAX);
      for (let output = 0; output < outputs.length - 1; output += 1) if (state.average < built.levels[output]!) return outputs[output];
      return outputs[outputs.length - 1];
    },
    handlers: {
      rate: { doc: 'The rate of late.', read: ({ state }) => shown(Math.round((state.average * EPOCHS_PER_SECOND) / SCALE)) },
      meters: { doc: 'The rates that part the outputs.', read: ({ config }) => config.rates.map(shown).join('') },
    },
    examples: [
      example(
        'sorts packets out that come too fast',
        [at(1, 10), at(2, 20), at(3, 30), at(4, 50_010), at(5, 20_000_000)],
        { 0: [at(1, 10), at(2, 20), at(3, 30), at(5, 20_000_000)], 1: at(4, 50_010) },
        { config: bytes ? '200Bps' : '3', outputs: 2 },
      ),
      example('has one output more than rates', at(1, 10), { 0: at(1, 10) }, { config: bytes ? '1kbps, 1Mbps' : '10, 100', outputs: 3 }),
    ],
  });
}
