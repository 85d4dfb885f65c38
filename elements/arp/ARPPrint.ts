/**
 * Prints a line about each ARP packet and passes it on: its time stamp and what it says. Packets whose network header is not
 * marked, and those about others than IPv4 addresses, pass in silence.
 *
 * `1000000000.000001: arp who-has 10.0.0.2 tell 10.0.0.1`
 */
import { arp, bool, booleanHandler, defineElement, ethernet, example, fileMark, filename, flag, logAddress, logTime, string, type Log, type Packet } from 'wirelet';
import { logFrameAddresses, logMac } from '../ethernet/frame-addresses.js';

const request = arp.make({ sender_mac: 1, sender_address: 0x0a000001, target_address: 0x0a000002 });
const marked = { ...request, networkHeader: 0 };
const TRAILERS = 0x1000;

/** Label and time stamp. */
function before(log: Log, packet: Packet, config: { readonly label: string; readonly timestamp: boolean }): void {
  if (config.label.length > 0) {
    log.text(config.label);
    log.text(': ');
  }
  if (config.timestamp) {
    logTime(log, packet.timestampSeconds, packet.timestampNanoseconds);
    log.text(': ');
  }
}

/** Whether a packet is about IPv4 addresses. */
function aboutIpv4(packet: Packet, begin: number): boolean {
  const header = arp.atOffset(packet, begin);
  return (header.protocol_type === 0x0800 || header.protocol_type === TRAILERS) && header.protocol_length === 4 && header.hardware_length !== 0;
}

/** What a packet says about IPv4 addresses. */
function known(log: Log, packet: Packet, begin: number): void {
  const header = arp.atOffset(packet, begin);
  const { operation } = header;
  if (header.protocol_type === TRAILERS) log.text('trailer-');
  if (operation === 1) {
    log.text('arp who-has ');
    logAddress(log, header.target_address);
    if (header.target_mac !== 0) {
      log.text(' (');
      logMac(log, header.target_mac);
      log.text(')');
    }
    log.text(' tell ');
    logAddress(log, header.sender_address);
  } else if (operation === 2) {
    log.text('arp reply ');
    logAddress(log, header.sender_address);
    log.text(' is-at ');
    logMac(log, header.sender_mac);
  } else if (operation === 3 || operation === 8) {
    if (operation === 3) log.text('rarp who-is ');
    else log.text('invarp who-is ');
    logMac(log, header.target_mac);
    log.text(' tell ');
    logMac(log, header.sender_mac);
  } else if (operation === 4 || operation === 9) {
    if (operation === 4) log.text('rarp reply ');
    else log.text('invarp reply ');
    logMac(log, header.target_mac);
    log.text(' at ');
    logAddress(log, header.target_address);
  } else {
    log.text('arp-#');
    log.decimal(operation);
  }
  if (header.hardware_type !== 1) {
    log.text('hardware #');
    log.decimal(header.hardware_type);
  }
}

export default defineElement({
  name: 'ARPPrint',
  config: {
    label: string({ default: '', doc: 'What lines begin with.' }),
    timestamp: bool({ default: true, keyword: true, doc: 'Whether the time stamp is shown.' }),
    ether: bool({ default: false, keyword: true, doc: 'Whether the addresses of the Ethernet header are shown.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether lines are printed.' }),
    outfile: filename({ default: '', keyword: true, doc: "A file that lines are written to, under Click's driver." }),
  },
  ports: { inputs: { in: 'ARP packets.' }, outputs: { out: 'The same packets.' } },
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  build({ config: { outfile }, chatter, fail }) {
    if (outfile !== '' && chatter === '') return fail('OUTFILE writes a file, which an appliance does not have');
    return { mark: outfile === '' ? '' : fileMark(outfile) };
  },
  process(packet, { config, built, state, outputs, log }) {
    if (!state.active || !packet.hasNetworkHeader) return outputs.out;
    const begin = packet.networkHeaderOffset;
    if (begin < 0) return outputs.out;
    const length = packet.length - begin;
    // About others than IPv4 addresses there is no line.
    if (length >= 28 && !aboutIpv4(packet, begin)) return outputs.out;
    if (built.mark.length > 0) log.text(built.mark);
    before(log, packet, config);
    if (config.ether) logFrameAddresses(log, packet, begin);
    if (length < 28) {
      log.text('truncated-arp (');
      log.decimal(length);
      log.text(')');
    } else known(log, packet, begin);
    log.end();
    return outputs.out;
  },
  handlers: { active: booleanHandler('active', 'Whether lines are printed.') },
  examples: [
    example('passes requests on', marked, { out: marked }, { config: 'lan' }),
    example('passes replies on', { ...arp.make({ operation: 2, sender_mac: 0x0a0b0c0d0e0f }), networkHeader: 0 }, { out: arp.make({ operation: 2, sender_mac: 0x0a0b0c0d0e0f }) }),
    example('passes frames on', ethernet.make({ type: 0x0806 }, marked), { out: ethernet.make({ type: 0x0806 }, marked) }, { config: 'ETHER true, TIMESTAMP false' }),
    example('passes other questions on', [3, 4, 8, 9, 77].map((operation) => ({ ...arp.make({ operation, hardware_type: 6 }), networkHeader: 0 })), { out: [3, 4, 8, 9, 77].map((operation) => arp.make({ operation, hardware_type: 6 })) }),
    example('passes packets on that are no ARP', [{ bytes: new Uint8Array(27), networkHeader: 0 }, { bytes: new Uint8Array(28), networkHeader: 0 }], { out: [new Uint8Array(27), new Uint8Array(28)] }),
  ],
});
