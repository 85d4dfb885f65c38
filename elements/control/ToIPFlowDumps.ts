/**
 * Writes a file for each flow, as AggregateIPFlows numbers them: FILEPATTERN is its name, in which `%n` is the number of the flow, `%s` and `%d` are its source and destination
 * address, `%S` and `%D` its ports, `%p` its protocol, T or U; `%.0s` to `%.3s` are single bytes of the address, `%04n` has four digits.
 *
 * Each line is a packet, as FromIPSummaryDump reads it. Times and sequence numbers count from the flow's first, unless ABSOLUTE_TIME or ABSOLUTE_SEQ say otherwise. Packets
 * without a flow, and of other protocols than TCP and UDP, only pass.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { bool, defineElement, filename, formatIpv4, integer, many, text, type ControlHost, type ControlPart, type Packet } from 'wirelet';
import { checkNotifier, endedFlows } from '../measure/ended-flows.js';
import { FlowDump, headersOf, type FlowOptions } from './summary/flow-dump.js';
import { whyNot } from './summary/output-file.js';
import { u16, u32 } from './summary/summarized.js';

const AGGREGATE = 20;
/** Lines of a flow that wait until they are written. */
const LINES_MAX = 1024;
/** How long after a packet it asks which flows have ended. */
const SWEEP_US = 250_000;
const ESCAPE = /%(0?)(\d*)(?:\.(\d*))?(.?)/g;
const TCP = 6;

interface Config extends FlowOptions {
  readonly notifier: string;
  readonly gzip: boolean;
  readonly mincount: number;
}

interface Open {
  readonly dump: FlowDump;
  readonly file: string;
  begun: boolean;
}

/** The name of the file of a packet's flow. `complain` is told what of the pattern means nothing. */
function fileName(pattern: string, packet: Packet, complain: (message: string) => void): string {
  const { data, ip, transport, protocol } = headersOf(packet)!;
  const address = (at: number, part: string | undefined) => (part === undefined || Number(part) > 3 ? formatIpv4(u32(data, at)) : String(data[at + Number(part)]));
  return pattern.replace(ESCAPE, (_whole, zero: string, width: string, digits: string | undefined, kind: string) => {
    const part = digits === '' ? '0' : digits;
    const aggregate = packet.annotationU32(AGGREGATE);
    const number = part === undefined || Number(part) > 5 ? aggregate : Number(part) > 3 ? (aggregate >>> ((5 - Number(part)) * 16)) & 0xffff : (aggregate >>> ((3 - Number(part)) * 8)) & 0xff;
    const values: Readonly<Record<string, () => string>> = {
      n: () => String(number), x: () => number.toString(16), X: () => number.toString(16).toUpperCase(), s: () => address(ip + 12, part), d: () => address(ip + 16, part),
      S: () => String(u16(data, transport)), D: () => String(u16(data, transport + 2)), p: () => (protocol === TCP ? 'T' : 'U'), '%': () => '%',
    };
    if (values[kind] === undefined) complain(kind === '' ? 'bad filename pattern' : `bad filename pattern \`%${kind}'`);
    return (values[kind]?.() ?? '').padStart(Number(width), zero === '' ? '_' : '0');
  });
}

class FolderError extends Error {}

/** Makes a folder and those that it is in. Throws FolderError. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new FolderError(`making directory ${folder}: ${whyNot(error)}`);
  }
}

class Dumps implements ControlPart {
  private readonly flows = new Map<number, Open>();
  private seen = 0;
  private flowless = 0;
  private readonly config: Config;
  private readonly ended;
  /** It will ask which flows have ended. */
  private awaited = false;
  readonly handlers = { clear: { write: () => this.end() } };

  constructor(private readonly host: ControlHost) {
    this.config = host.config as Config;
    this.ended = endedFlows(host, this.config.notifier);
  }

  process(packet: Packet) {
    this.take(packet);
    return this.host.verdict(0, packet);
  }

  run(): boolean {
    if (this.host.outputs.length > 0) return false;
    const packet = this.host.pull(0);
    if (packet !== null) this.take(packet);
    return packet !== null;
  }

  pull(): Packet | null {
    const packet = this.host.pull(0);
    if (packet !== null) this.take(packet);
    return packet;
  }

  close(): void {
    this.end();
    if (this.flowless > 0 && this.seen === 0) this.host.message(`${this.host.name} :: ${this.host.className}: warning: saw no packets with aggregate annotations`);
  }

  timer(): void {
    this.awaited = false;
    for (const flow of this.ended()) this.endFlow(flow);
  }

  /** Asks a little later which flows have ended: only packets end them. */
  private look(): void {
    if (this.awaited || this.config.notifier === '') return;
    this.awaited = true;
    this.host.setTimer(this.host.microseconds + SWEEP_US);
  }

  private take(packet: Packet): void {
    const aggregate = packet.annotationU32(AGGREGATE);
    if (aggregate === 0 || headersOf(packet) === undefined) {
      this.flowless += 1;
      return;
    }
    this.seen += 1;
    this.look();
    const open = this.flows.get(aggregate) ?? { dump: new FlowDump(packet, aggregate, this.config), file: fileName((this.host.built as { pattern: string }).pattern, packet, (message) => this.host.message(message)), begun: false };
    this.flows.set(aggregate, open);
    open.dump.add(packet);
    if (open.dump.waiting >= LINES_MAX) this.write(open);
  }

  private write(open: Open): void {
    const bytes = open.dump.take(open.begun);
    try {
      if (open.file === '-') this.host.print(bytes.toString('latin1'));
      else if (open.begun) appendFileSync(open.file, bytes);
      else {
        makeFolder(path.dirname(open.file));
        writeFileSync(open.file, bytes);
      }
    } catch (error) {
      this.host.message(error instanceof FolderError ? error.message : `${open.file}: ${whyNot(error)}`);
    }
    open.begun = true;
  }

  /** Ends all flows. */
  private end(): void {
    for (const flow of [...this.flows.keys()]) this.endFlow(flow);
  }

  /** Ends a flow: one with fewer than MINCOUNT packets leaves no file. */
  private endFlow(flow: number): void {
    const open = this.flows.get(flow);
    if (open === undefined) return;
    this.flows.delete(flow);
    if (open.dump.packets < this.config.mincount) {
      if (open.begun && open.file !== '-') rmSync(open.file, { force: true });
      return;
    }
    this.write(open);
    if (this.config.gzip && open.file !== '-') {
      writeFileSync(`${open.file}.gz`, gzipSync(readFileSync(open.file)));
      rmSync(open.file);
    }
  }
}

const flag = (doc: string) => bool({ default: false, keyword: true, doc });

export default defineElement({
  name: 'ToIPFlowDumps',
  config: {
    filepattern: filename({ default: '', doc: 'The name of a flow\'s file; - is standard output.' }),
    output_pattern: filename({ default: '', keyword: true, doc: 'Another name of FILEPATTERN.' }),
    notifier: text({ default: '', keyword: true, doc: 'The AggregateIPFlows that numbers the flows: the file of a flow that it forgets is finished then, rather than at the end.' }),
    absolute_time: flag('Whether times are those of the packets.'),
    absolute_seq: flag('Whether sequence numbers are those of the packets.'),
    binary: flag('Whether packets are records of bytes, which take less room than lines.'),
    all_tcp_opt: flag('Whether TCP options are told, time stamps among them.'),
    tcp_opt: flag('Whether TCP options are told, but for time stamps.'),
    tcp_window: flag('Whether windows are told.'),
    gzip: flag('Whether files are compressed when they are finished; their names end with .gz.'),
    ip_id: flag('Whether identifications are told.'),
    mincount: integer({ default: 0, min: 0, max: 0xffff_ffff, keyword: true, doc: 'Flows with fewer packets have no file.' }),
  },
  ports: { inputs: { in: 'Packets with an aggregate annotation.' }, outputs: many('The same packets.', { max: 1 }) },
  build(context) {
    const { config, warn } = context;
    const pattern = config.output_pattern || config.filepattern || '-';
    if (!pattern.includes('%')) warn('OUTPUT_PATTERN has no % escapes, so output files will get overwritten');
    checkNotifier(config.notifier, context);
    return { pattern };
  },
  control: { reason: 'writes files, which an appliance does not have', start: (host) => new Dumps(host) },
});
