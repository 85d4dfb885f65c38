/**
 * Prints a line for each message of bridges that passes, as EtherSpanTree sends them (IEEE 802.1D, 9.3): LABEL, who says it on which port, its cost to the root, the root,
 * and age, greatest age, time between messages and forwarding delay, all as hexadecimal numbers. It takes every packet for such a message.
 */
import { defineElement, example, string, type Log, type Packet } from 'wirelet';

const TYPE = 20;
const FLAGS = 21;
const ROOT = 22;
const COST = 30;
const BRIDGE = 34;
const PORT = 42;
const TIMES = 44;
const MESSAGE_END = 52;

const TOPOLOGY_CHANGE_MESSAGE = 128;
const CHANGE = 0x01;
const ACKNOWLEDGES = 0x80;
const IDENTIFIER_DIGITS = 16;

/** An identifier of eight bytes as a number, padded with spaces. */
function logIdentifier(log: Log, packet: Packet, at: number): void {
  const high = packet.loadU32(at);
  const low = packet.loadU32(at + 4);
  // No digits for zeros in front, but one for 0.
  const zeros = high === 0 ? 32 + Math.clz32(low | 1) : Math.clz32(high);
  for (let space = 0; space < IDENTIFIER_DIGITS; space += 1) if (space < zeros >>> 2) log.text(' ');
  if (high === 0) {
    log.lowerHexadecimal(low, 1);
    return;
  }
  log.lowerHexadecimal(high, 1);
  log.lowerHexadecimal(low, 8);
}

const message = new Uint8Array(60);

export default defineElement({
  name: 'DebugBridge',
  config: { label: string({ doc: 'Begins each line.' }) },
  ports: { inputs: { in: 'Messages of bridges.' }, outputs: { out: 'The same.' } },
  process(packet, { config, log, outputs }) {
    if (packet.length < MESSAGE_END) return outputs.out;
    const type = packet.loadU8(TYPE);
    const flags = packet.loadU8(FLAGS);
    if (config.label.length > 0) log.text(config.label);
    if (type === TOPOLOGY_CHANGE_MESSAGE) {
      log.text(' TCM');
      log.end();
      return outputs.out;
    }
    if (type === 0) log.text(' CFG ');
    else log.text(' ??? ');
    logIdentifier(log, packet, BRIDGE);
    log.text(':');
    log.lowerHexadecimal(packet.loadU16(PORT), 4);
    if ((flags & ACKNOWLEDGES) === 0) log.text(': tca ');
    else log.text(': TCA ');
    if ((flags & CHANGE) === 0) log.text('tc  ');
    else log.text('TC  ');
    log.lowerHexadecimal(packet.loadU32(COST), 8);
    log.text(' -> ');
    logIdentifier(log, packet, ROOT);
    log.text('  a/m/h/d: ');
    for (let time = 0; time < 4; time += 1) {
      if (time > 0) log.text('/');
      log.lowerHexadecimal(packet.loadU16(TIMES + time * 2), 1);
    }
    log.end();
    return outputs.out;
  },
  examples: [example('passes what it prints', message, { out: message }, { config: 'bridge' })],
});
