/**
 * Exchanges IPv4 packets of one protocol with the network, past the host's own transport: `RawSocket(UDP, 5000)`. What comes in for the protocol leaves, headers
 * marked, whatever its port; what enters is sent to the destination in its header. With PORT the port is taken, so that no program of the host uses it. It needs the
 * rights to open raw sockets.
 */
import { defineElement, integer, IP_PROTOCOL, ipProtocol, many, parseInteger, portComplaint, pull, push, text, type ArgumentScope, type ControlHost, type ControlPart, type Packet } from 'wirelet';
import { BURST_MAX, POLL_US, rawPacket, unsendable } from './raw-packets.js';

interface Config {
  readonly type: number;
  readonly port: string;
  readonly snaplen: number;
}

const PORT_MAX = 65_535;

/** A number, or the name of a service; undefined: neither. */
function portOf(word: string, protocol: number, scope: ArgumentScope): number | undefined {
  if (word === '') return 0;
  const name = protocol === IP_PROTOCOL.tcp ? 'tcp' : protocol === IP_PROTOCOL.udp ? 'udp' : undefined;
  const port = parseInteger(word) ?? (name === undefined ? undefined : scope.port(word, name));
  return port === undefined || port < 0 || port > PORT_MAX ? undefined : port;
}

function rawSocket(host: ControlHost<Config>): ControlPart {
  const { type, snaplen } = host.config;
  let socket: ReturnType<ControlHost['openRaw']> | undefined;
  /** For which there was no room. */
  let waiting: Packet | undefined;
  function send(packet: Packet): void {
    const mistake = unsendable(packet);
    if (mistake !== undefined) return host.error(mistake);
    try {
      if (socket?.send(Uint8Array.from(packet.data())) === false) waiting = packet;
    } catch (error) {
      host.error((error as Error).message);
    }
  }
  return {
    begin() {
      try {
        socket = host.openRaw(type, (host.built as { port: number }).port);
      } catch (error) {
        return (error as Error).message;
      }
      host.setTimer(host.microseconds);
      return undefined;
    },
    timer() {
      let count = 0;
      for (; count < BURST_MAX && host.outputs.length > 0; count += 1) {
        const bytes = socket?.receive();
        if (bytes === undefined) break;
        const packet = rawPacket(bytes, snaplen, host.microseconds);
        if (packet !== undefined) host.emit(0, packet);
      }
      host.setTimer(host.microseconds + (count === BURST_MAX ? 0 : POLL_US));
      if (waiting !== undefined) host.wake();
    },
    run() {
      const packet = waiting ?? (host.inputs.length > 0 ? host.pull(0) : null);
      if (packet === null) return false;
      waiting = undefined;
      send(packet);
      return waiting === undefined;
    },
    close: () => socket?.close(),
  };
}

export default defineElement({
  name: 'RawSocket',
  config: {
    type: ipProtocol({ doc: 'The protocol, such as UDP or 47.' }),
    port: text({ default: '', doc: 'A port of TCP or UDP that is taken.' }),
    snaplen: integer({ default: 2048, min: 20, max: 65_535, keyword: true, doc: 'Bytes of a packet, at most.' }),
    headroom: integer({ default: 116, max: 116, keyword: true, doc: 'Accepted for compatibility.' }),
  },
  ports: { inputs: pull(many('IPv4 packets to send.', { max: 1 })), outputs: push(many('IPv4 packets that came.', { max: 1 })) },
  build({ config, scope, fail }) {
    const port = portOf(config.port, config.type, scope);
    const isNamed = config.type === IP_PROTOCOL.tcp || config.type === IP_PROTOCOL.udp;
    const click = isNamed ? portComplaint(config.port) : parseInteger(config.port) === undefined ? 'invalid number' : `out of range, bound ${PORT_MAX}`;
    if (port === undefined) return fail(`"${config.port}" is no port from 0 to ${PORT_MAX}`, undefined, `PORT: ${click}`);
    return { port };
  },
  endsLoops: 'What enters goes to the network; what leaves comes from it.',
  control: { reason: 'opens raw sockets of the host', start: rawSocket },
});
