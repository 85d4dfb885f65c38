/**
 * Lets flows of TCP and UDP go on over the network as the host's own: each packet that enters is sent, and the answers to the flows seen so far leave, headers
 * marked. An AggregateIPFlows before it numbers the flows; packets without a number end here. `FromDump(-) -> AggregateIPFlows -> IPFlowRawSockets -> ...`.
 *
 * NOTIFIER names that AggregateIPFlows: a flow that it has forgotten is answered no more. It needs the rights to open raw sockets.
 */
import { ANNOTATIONS, bool, defineElement, integer, IP_PROTOCOL, push, text, type ControlHost, type ControlPart, type Packet } from 'wirelet';
import { endedFlows } from '../measure/ended-flows.js';
import { BURST_MAX, POLL_US, rawPacket, unsendable } from './raw-packets.js';

interface Config {
  readonly notifier: string;
  readonly snaplen: number;
}

/** How often it asks which flows have ended. */
const SWEEP_US = 250_000;
/** Both addresses and ports of a packet, whose headers are marked, as a key; those of the answers to it the other way round. */
function flowKey(packet: Packet, answers: boolean): string | undefined {
  const data = packet.data();
  const [ip, transport] = [packet.networkHeaderOffset, packet.transportHeaderOffset];
  const protocol = data[ip + 9]!;
  if ((protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) || data.length < transport + 8) return undefined;
  const ends = [[...data.subarray(ip + 12, ip + 16), ...data.subarray(transport, transport + 2)].join('.'), [...data.subarray(ip + 16, ip + 20), ...data.subarray(transport + 2, transport + 4)].join('.')];
  if (answers) ends.reverse();
  return `${protocol} ${ends.join(' ')}`;
}

class FlowSockets implements ControlPart {
  private readonly sockets = new Map<number, ReturnType<ControlHost['openRaw']>>();
  /** By flow: the key of what answers it. */
  private readonly flows = new Map<number, string>();
  private readonly answered = new Set<string>();
  private readonly ended;
  private nextSweep = 0;
  private seen = 0;
  private flowless = 0;
  readonly handlers = { clear: { write: () => this.clear() } };

  constructor(private readonly host: ControlHost<Config>) {
    this.ended = endedFlows(host, host.config.notifier);
  }

  begin(): string | undefined {
    this.host.setTimer(this.host.microseconds);
    return undefined;
  }

  process(packet: Packet) {
    this.send(packet);
    return this.host.verdict(undefined, packet);
  }

  run(): boolean {
    const packet = this.host.pull(0);
    if (packet !== null) this.send(packet);
    return packet !== null;
  }

  timer(): void {
    const { host } = this;
    let most = 0;
    for (const socket of this.sockets.values()) {
      let count = 0;
      for (; count < BURST_MAX; count += 1) {
        const bytes = socket.receive();
        if (bytes === undefined) break;
        const packet = rawPacket(bytes, host.config.snaplen, host.microseconds);
        if (packet === undefined || !packet.hasTransportHeader) continue;
        const key = flowKey(packet, false);
        if (key !== undefined && this.answered.has(key)) host.emit(0, packet);
      }
      most = Math.max(most, count);
    }
    if (host.microseconds >= this.nextSweep) {
      this.nextSweep = host.microseconds + SWEEP_US;
      for (const flow of this.ended()) this.forget(flow);
    }
    host.setTimer(host.microseconds + (most === BURST_MAX ? 0 : POLL_US));
  }

  close(): void {
    for (const socket of this.sockets.values()) socket.close();
    if (this.flowless > 0 && this.seen === 0) this.host.message(`${this.host.name} :: ${this.host.className}: warning: saw no packets with aggregate annotations`);
  }

  private send(packet: Packet): void {
    const flow = packet.annotationU32(ANNOTATIONS.aggregate.offset);
    const key = flow === 0 || !packet.hasNetworkHeader || !packet.hasTransportHeader || unsendable(packet) !== undefined ? undefined : flowKey(packet, (packet.paint & 1) === 0);
    if (key === undefined) {
      this.flowless += 1;
      return;
    }
    this.seen += 1;
    if (!this.flows.has(flow)) {
      this.flows.set(flow, key);
      this.answered.add(key);
    }
    try {
      this.socketFor(Number(key.split(' ')[0])).send(Uint8Array.from(packet.data()));
    } catch (error) {
      this.host.error((error as Error).message);
    }
  }

  private socketFor(protocol: number): ReturnType<ControlHost['openRaw']> {
    const open = this.sockets.get(protocol) ?? this.host.openRaw(protocol, 0);
    this.sockets.set(protocol, open);
    return open;
  }

  private forget(flow: number): void {
    this.answered.delete(this.flows.get(flow) ?? '');
    this.flows.delete(flow);
  }

  private clear(): void {
    this.flows.clear();
    this.answered.clear();
  }
}

export default defineElement({
  name: 'IPFlowRawSockets',
  config: {
    notifier: text({ default: '', keyword: true, doc: 'The AggregateIPFlows that numbers the flows, and tells which have ended.' }),
    snaplen: integer({ default: 2046, min: 20, max: 65_535, keyword: true, doc: 'Bytes of a packet, at most.' }),
    pcap: bool({ default: true, keyword: true, doc: 'Accepted for compatibility: raw sockets hear all answers.' }),
    headroom: integer({ default: 116, max: 116, keyword: true, doc: 'Accepted for compatibility.' }),
  },
  ports: { inputs: { in: 'IPv4 packets of numbered flows.' }, outputs: { out: push('Answers to them.') } },
  build({ config, elements, fail }) {
    if (config.notifier !== '' && elements.named(config.notifier)?.className !== 'AggregateIPFlows') return fail(`${config.notifier} is not an AggregateNotifier`);
    return {};
  },
  endsLoops: 'What enters goes to the network; what leaves comes from it.',
  control: { reason: 'opens raw sockets of the host', start: (host) => new FlowSockets(host) },
});
