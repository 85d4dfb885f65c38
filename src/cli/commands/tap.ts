import { DiagnosticError } from '../../diagnostics.js';
import { FRAME_BYTES_MAX } from '../../kit/limits.js';
import { Packet } from '../../kit/packet.js';
import { ControlClient } from '../../run/control/control-client.js';
import { findRegistered } from '../../run/control/run-folder.js';
import { TapFile } from '../../run/control/tap-file.js';
import { openTap, tapped } from '../../run/control/tap-session.js';
import { decodeHeaders, describeHeaders } from '../../run/trace/decode.js';
import { ipMatcher, receivedPacket } from '../../run/trace/match.js';
import { wholeNumber, type Command } from '../command.js';
import { refusal } from '../refusal.js';
import { stopSignal } from '../stop-signal.js';

export const command: Command = {
  usage: 'VM EDGE [-w FILE]',
  summary: 'Copies the frames at an edge of a running appliance: an interface, INTERFACE/rx, INTERFACE/tx; with --vmm node also ELEMENT[PORT].',
  options: {
    write: { type: 'string', short: 'w', value: 'FILE', doc: 'Write pcapng with nanoseconds; - is standard output. Without it a line is printed for each frame.' },
    match: { type: 'string', value: 'EXPR', doc: "Only IPv4 packets that match, in IPFilter's language." },
    count: { type: 'string', short: 'n', value: 'N', doc: 'End after so many frames; else with Ctrl-C, or with the appliance.' },
    for: { type: 'string', value: 'SECONDS', doc: 'End after so many seconds.' },
    snap: { type: 'string', value: 'BYTES', doc: `Bytes of each frame to keep at most; ${FRAME_BYTES_MAX} unless said.` },
  },
  positionals: [2, 2],
  async run(call) {
    const [vm, edge] = call.positionals as [string, string];
    const matches = ipMatcher(call.text('match'));
    const count = wholeNumber(call, 'count', Infinity, 1e12);
    const frameBytes = wholeNumber(call, 'snap', FRAME_BYTES_MAX, FRAME_BYTES_MAX);
    const stopper = stopSignal(wholeNumber(call, 'for', 0, 1e6));
    const client = await ControlClient.connect({ path: findRegistered(vm).socket });
    const file = call.text('write');
    let [frames, lost] = [0, 0];
    let writer: TapFile | undefined;
    try {
      const tap = await openTap(client, edge, frameBytes);
      if (file !== undefined) writer = new TapFile(file, tap, frameBytes);
      for await (const batch of tapped(client, tap, stopper.signal)) {
        lost += batch.lost;
        for (const frame of batch.frames) {
          if (frames >= count || !matches(frame.bytes)) continue;
          const { name, direction } = tap.edges[frame.edge]!;
          frames += 1;
          if (writer !== undefined) writer.write(frame);
          else if (!call.json) process.stdout.write(`${timeText(frame.timestamp)} ${name} ${direction ?? ''}  ${describeHeaders(decodeHeaders(direction === null ? Packet.from(frame.bytes) : receivedPacket(frame.bytes)), frame.length)}\n`);
        }
        if (frames >= count) stopper.stop();
      }
    } catch (error) {
      // An appliance that ends ends its taps, too: what came is there.
      if (!(error instanceof DiagnosticError) || error.diagnostics[0]?.code !== 'WL4145' || frames === 0) throw refusal(error, vm);
    } finally {
      client.close();
      stopper.close();
      writer?.close(lost);
    }
    const missing = lost === 0 ? 'none is missing' : `${lost.toLocaleString('en')} are missing`;
    const text = `${frames.toLocaleString('en')} frames, ${missing}`;
    if (call.json && file !== '-') call.print(text, { edge, file: file ?? null, frames, lost });
    else process.stderr.write(`${text}\n`);
    return 0;
  },
};

/** Time of day with nanoseconds, UTC. */
function timeText(timestamp: bigint): string {
  const date = new Date(Number(timestamp / 1_000_000n));
  return `${date.toISOString().slice(11, 19)}.${String(timestamp % 1_000_000_000n).padStart(9, '0')}`;
}
