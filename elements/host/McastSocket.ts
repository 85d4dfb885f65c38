/**
 * Receives the UDP datagrams for a multicast group and port as packets, and sends what enters there: `McastSocket(224.1.2.3, 5000)`. With an own address it uses
 * the interface of that address, with an own port it sends from that.
 */
import { createSocket } from 'node:dgram';
import { bool, defineElement, formatIpv4, integer, ipv4Address, many, Packet, push, type ControlHost, type ControlPart } from 'wirelet';

interface Config {
  readonly mcastip: number;
  readonly mcastport: number;
  readonly sourceip: number | undefined;
  readonly sourceport: number;
  readonly snaplen: number;
  readonly loop: boolean;
}

function multicast(host: ControlHost<Config>): ControlPart {
  const { mcastip, mcastport, sourceip, sourceport, snaplen, loop } = host.config;
  const group = formatIpv4(mcastip);
  const own = sourceip === undefined ? undefined : formatIpv4(sourceip);
  const receiver = createSocket({ type: 'udp4', reuseAddr: true });
  const sender = createSocket({ type: 'udp4', reuseAddr: true });
  const opened = (socket: typeof sender, port: number, address: string | undefined, then: () => void) =>
    new Promise<string | undefined>((resolve) => {
      socket.once('error', (error) => resolve(`bind: ${error.message}`));
      socket.bind(port, address, () => {
        try {
          then();
        } catch (error) {
          return resolve((error as Error).message);
        }
        socket.on('error', () => undefined);
        return resolve(undefined);
      });
    });
  function send(packet: Packet): void {
    sender.send(Uint8Array.from(packet.data()), mcastport, group);
  }
  return {
    async begin() {
      receiver.on('message', (bytes) => {
        if (host.outputs.length === 0) return;
        const packet = Packet.from(bytes.subarray(0, snaplen));
        packet.timestampSeconds = Math.floor(host.microseconds / 1e6);
        packet.timestampNanoseconds = (host.microseconds % 1e6) * 1000;
        host.emit(0, packet);
        host.wake();
      });
      const heard = await opened(receiver, mcastport, group, () => receiver.addMembership(group, own));
      return heard ?? opened(sender, sourceport, own, () => void (sender.setMulticastLoopback(loop), own !== undefined && sender.setMulticastInterface(own)));
    },
    process(packet) {
      send(packet);
      return host.verdict(undefined, packet);
    },
    run() {
      const packet = host.inputs.length > 0 ? host.pull(0) : null;
      if (packet === null) return false;
      send(packet);
      return true;
    },
    close() {
      receiver.close();
      sender.close();
    },
  };
}

const accepted = 'Accepted for compatibility.';

export default defineElement({
  name: 'McastSocket',
  config: {
    mcastip: ipv4Address({ doc: 'The multicast group.' }),
    mcastport: integer({ min: 1, max: 65_535, doc: 'The port.' }),
    sourceip: ipv4Address({ required: false, doc: 'Own address.' }),
    sourceport: integer({ default: 0, max: 65_535, doc: 'Own port; 0: any.' }),
    snaplen: integer({ default: 2048, min: 1, max: 9216, keyword: true, doc: 'Bytes of a packet, at most.' }),
    loop: bool({ default: true, keyword: true, doc: 'Whether this host hears what it sends.' }),
    headroom: integer({ default: 116, max: 116, keyword: true, doc: accepted }),
    timestamp: bool({ default: true, keyword: true, doc: accepted }),
    rcvbuf: integer({ default: 0, keyword: true, doc: accepted }),
    sndbuf: integer({ default: 0, keyword: true, doc: accepted }),
  },
  ports: { inputs: many('Packets to send.', { max: 1 }), outputs: push(many('Datagrams that came.', { max: 1 })) },
  build({ config, fail }) {
    if (config.mcastip >>> 28 !== 14) fail(`${formatIpv4(config.mcastip)} is not a multicast address`);
    return {};
  },
  endsLoops: 'What enters goes to the peer; what leaves comes from it.',
  control: { reason: 'opens a socket of the host', start: multicast },
});
