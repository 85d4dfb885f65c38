/**
 * Sends TCP packets without payload when its handler `send` is written: `SRC SPORT DST DPORT SEQNO ACKNO FLAGS [COUNT [STOP]]`. FLAGS are the bits of the TCP
 * header as a number; with STOP the run ends after COUNT packets.
 */
import { checksummed, defineElement, HandlerError, ipv4, Packet, parseInteger, parseIpv4, push, tcp, type ControlHost, type ControlPart } from 'wirelet';

const COUNT_MAX = 1_000_000;

function numberOf(word: string | undefined, most: number): number {
  const value = word === undefined ? undefined : parseInteger(word);
  if (value === undefined || value < 0 || value > most) throw new HandlerError("expected 'SRC SPORT DST DPORT SEQNO ACKNO FLAGS [COUNT [STOP]]'");
  return value;
}

function addressOf(word: string | undefined): number {
  const address = word === undefined ? undefined : parseIpv4(word);
  if (address === undefined) throw new HandlerError(`expected IP address, not '${word ?? ''}'`);
  return address;
}

function sender(host: ControlHost): ControlPart {
  return {
    handlers: {
      send: {
        write(value) {
          const [source, sport, destination, dport, seqno, ackno, flags, count = '1', stop = 'false'] = value.trim().split(/[\s,]+/);
          const values = { source_port: numberOf(sport, 65_535), destination_port: numberOf(dport, 65_535), sequence: numberOf(seqno, 0xffff_ffff), acknowledgement: numberOf(ackno, 0xffff_ffff), flags: numberOf(flags, 255), window: 32_120 };
          const outer = { protocol: 6, ttl: 255, tos: 0, source: addressOf(source), destination: addressOf(destination) };
          const { bytes } = checksummed(ipv4.make(outer, tcp.make(values)));
          for (let left = numberOf(count, COUNT_MAX); left > 0; left -= 1) {
            const packet = Packet.from(bytes);
            packet.markNetworkHeader(0);
            packet.markTransportHeader(20);
            packet.destinationAddress = outer.destination;
            host.emit(0, packet);
          }
          if (/^(true|1|yes)$/i.test(stop)) host.adjustRunCount(-1);
        },
      },
    },
  };
}

export default defineElement({
  name: 'TCPIPSend',
  ports: { outputs: { out: push('The packets.') } },
  control: { reason: 'makes packets when a handler is written', start: sender },
});
