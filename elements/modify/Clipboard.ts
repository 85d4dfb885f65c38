/**
 * Copies bytes out of packets of the first input, and writes them over those of the packets of the second input that follow; which ones its
 * arguments say, as OFFSET/LENGTH. Packets that are too short pass as they are; before anything was copied, zeros are written.
 */
import { array, defineElement, example, parsed, parseInteger, rest, type ParseError, type Parsed } from 'wirelet';

const BYTES_MAX = 9216;
const RANGES_MAX = 64;

interface Range {
  readonly offset: number;
  readonly length: number;
}

/** A number of bytes, of which Click says how it is wrong. */
function part(text: string, name: 'OFFSET' | 'LENGTH'): number | string {
  const number = parseInteger(text);
  if (number === undefined) return `${name}: invalid number`;
  return number < -0x8000_0000 || number > 0x7fff_ffff ? `${name}: out of range, bound ${number < 0 ? -0x8000_0000 : 0x7fff_ffff}` : number;
}

const range = rest(
  parsed<Range>(
    'range',
    { doc: 'Where bytes are, and how many: OFFSET/LENGTH.' },
    (text): Parsed<Range> => {
      const slash = text.indexOf('/');
      if (slash <= 0 || slash === text.length - 1) return wrong("expected '/' between offset and length");
      const [offset, length] = [part(text.slice(0, slash), 'OFFSET'), part(text.slice(slash + 1), 'LENGTH')];
      if (typeof offset === 'string' || typeof length === 'string') {
        const said = [offset, length].filter((value) => typeof value === 'string');
        return { ...wrong('invalid offset or length'), click: [...said, 'range %i: invalid offset or length'].join('\n') };
      }
      if (offset < 0 || length < 0 || offset + length > BYTES_MAX) return wrong(`expected bytes within the first ${BYTES_MAX}`);
      return { value: { offset, length } };
    },
    ({ offset, length }) => `${offset}/${length}`,
  ),
  { max: RANGES_MAX },
);

function wrong(error: string): ParseError {
  return { error, click: `range %i: ${error}` };
}

const bytes = (...values: number[]) => ({ bytes: Uint8Array.from(values) });

export default defineElement({
  name: 'Clipboard',
  config: { ranges: range },
  ports: {
    inputs: { copy: 'Packets to copy from.', paste: 'Packets to write to.' },
    outputs: { copied: 'The packets of the first input.', pasted: 'The packets of the second input, changed.' },
  },
  portsAlike: 'paired',
  state: ({ config }) => ({ bytes: array('u8', Math.max(1, config.ranges.reduce((sum, { length }) => sum + length, 0))) }),
  build: ({ config: { ranges } }) => {
    const places = ranges.flatMap(({ offset, length }) => Array.from({ length }, (_, index) => offset + index));
    return { places, needs: Math.max(0, ...ranges.map(({ offset, length }) => offset + length)) };
  },
  process(packet, { built, state, outputs, port }) {
    if (packet.length < built.needs) return port === 0 ? outputs.copied : outputs.pasted;
    for (let index = 0; index < built.places.length; index += 1) {
      const place = built.places[index]!;
      if (port === 0) state.bytes[index] = packet.loadU8(place);
      else packet.storeU8(place, state.bytes[index]!);
    }
    return port === 0 ? outputs.copied : outputs.pasted;
  },
  pull({ built, state, inputs, port }) {
    const packet = inputs[port].pull();
    if (packet === null) return null;
    if (packet.length < built.needs) return packet;
    for (let index = 0; index < built.places.length; index += 1) {
      const place = built.places[index]!;
      if (port === 0) state.bytes[index] = packet.loadU8(place);
      else packet.storeU8(place, state.bytes[index]!);
    }
    return packet;
  },
  examples: [
    example('copies bytes from packet to packet', [bytes(1, 2, 3), { ...bytes(7, 8, 9), input: 1 }], { copied: bytes(1, 2, 3), pasted: bytes(7, 2, 3) }, { config: '1/2' }),
    example('copies bytes of several places', [bytes(1, 2, 3, 4), { ...bytes(6, 7, 8, 9), input: 1 }], { copied: bytes(1, 2, 3, 4), pasted: bytes(1, 7, 8, 4) }, { config: '3/1, 0/1' }),
    example('writes zeros before there is something else', { ...bytes(7, 8, 9), input: 1 }, { pasted: bytes(7, 0, 0) }, { config: '1/2' }),
    example('leaves short packets alone', [bytes(1, 2, 3), { ...bytes(7, 8), input: 1 }], { copied: bytes(1, 2, 3), pasted: bytes(7, 8) }, { config: '1/2' }),
  ],
});
