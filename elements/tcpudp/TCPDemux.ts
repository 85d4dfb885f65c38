/**
 * Passes TCP segments of the flows that TCPConns behind it have opened, and of the ports at which they listen; other segments end here. A flow goes by the addresses and
 * ports of both sides; who listens, by its own address and port, or by one of them where the other is 0.
 */
import { array, checksummed, defineElement, drop, example, ipv4, push, tcp, type u16, type u32 } from 'wirelet';

const segment = checksummed(ipv4.make({ protocol: 6 }, tcp.make({})));

interface Cells {
  readonly length: number;
  [index: number]: any;
}

interface Demultiplexing {
  readonly state: { readonly used: Cells; readonly source: Cells; readonly sport: Cells; readonly destination: Cells; readonly dport: Cells };
}

/** Whether a TCPConn has opened that flow, as it sees it: its own side is the source. */
function isOpen({ state }: Demultiplexing, source: u32, sport: u16, destination: u32, dport: u16): boolean {
  let open = false;
  for (let index = 0; index < state.used.length; index += 1) {
    if (state.used[index] === 1 && state.source[index] === source && state.sport[index] === sport && state.destination[index] === destination && state.dport[index] === dport) open = true;
  }
  return open;
}

export default defineElement({
  name: 'TCPDemux',
  ports: { inputs: { in: push('TCP segments with marked headers.') }, outputs: { out: push('Those of open flows.') } },
  drops: { unknown: 'No TCPConn has opened such a flow.' },
  split: { never: 'TCPConn sees all of its flow' },
  state: ({ elements }) => {
    const flows = Math.max(1, elements.ofClass('TCPConn').length);
    return { used: array('u8', flows), source: array('u32', flows), sport: array('u16', flows), destination: array('u32', flows), dport: array('u16', flows) };
  },
  build: ({ chatter }) => ({ tells: chatter !== '' }),
  process(packet, context) {
    const { built, log, outputs } = context;
    const header = ipv4.at(packet);
    const segment = tcp.at(packet);
    if (isOpen(context, header.destination, segment.destination_port, header.source, segment.source_port)) return outputs.out;
    if (isOpen(context, header.destination, segment.destination_port, 0, 0)) return outputs.out;
    if (isOpen(context, 0, segment.destination_port, 0, 0)) return outputs.out;
    if (isOpen(context, header.destination, 0, 0, 0)) return outputs.out;
    if (isOpen(context, 0, 0, 0, 0)) return outputs.out;
    if (built.tells) {
      log.text('reject packet from unknown flow');
      log.end();
    }
    return drop('unknown');
  },
  examples: [example('ends segments of flows that nobody opened', segment, { drop: 'unknown' })],
});
