/**
 * Makes packets of what tcpdump printed about IPv4 packets, with -n and without -v: `12:00:00.000001 IP 10.0.0.1.1234 > 10.0.0.2.80: Flags [S], seq 1, win 8, length 0`,
 * or as it printed them long ago, with -tt, `966435175.000001 10.0.0.1.1234 > 10.0.0.2.80: S 1:1(0) win 8 (ttl 64, id 1)`. FILENAME `-` is standard input.
 *
 * Packets have headers; bytes of payload are in the annotation for what is not kept. Relative sequence numbers of old lines become whole ones. Lines that make no sense are
 * skipped; the first of them is told.
 */
import { defineElement, type ControlHost, type Packet } from 'wirelet';
import { stampText } from './summary/annotation-fields.js';
import { LineFile, type LineFileConfig } from './summary/line-file.js';
import { MINOR_VERSION, packetOfText } from './summary/line-packet.js';
import { sampleHandler, shownName, stopHandler } from './summary/reader-handlers.js';
import { share, warnOfSample } from './summary/sample.js';
import { timeOf, TcpdumpLines } from './summary/tcpdump-line.js';
import { traceTextArguments } from './summary/trace-text.js';

interface Config extends LineFileConfig {
  readonly checksum: boolean;
  readonly sample: number;
}

const LINE = /^(?:\d{4}-\d\d-\d\d )?(\d[\d:.]*)\s+IP\s+(\d+\.\d+\.\d+\.\d+)(?:\.(\d+))? > (\d+\.\d+\.\d+\.\d+)(?:\.(\d+))?: (.*)$/;
const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, '.': 16, U: 32, E: 64, W: 128 };
const ACK = 16;
/** Hops of packets whose line does not say it. */
const TTL = '2';

/** The packet of a line of today's tcpdump; undefined: it is about something else. */
function packetOf(line: string, withChecksums: boolean): Packet | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, stamp, source, sport = '0', destination, dport = '0', rest] = match;
  const time = timeOf(stamp!);
  if (time === undefined) return undefined;
  const fields = { timestamp: stampText(time), ip_src: source!, ip_dst: destination!, sport, dport, ...restOf(rest!) };
  return packetOfText(Object.entries(fields).map(([name, text]) => ({ name, text })), { protocol: 6, minorVersion: MINOR_VERSION })?.finish(withChecksums);
}

function restOf(rest: string): Record<string, string> {
  const number = (pattern: RegExp) => pattern.exec(rest)?.[1];
  const common: Record<string, string> = { ip_ttl: number(/\bttl (\d+)/) ?? TTL };
  const flags = /Flags \[([SFRPUEW.]*)\]/.exec(rest)?.[1];
  if (flags !== undefined) {
    const ack = number(/\back (\d+)/);
    let bits = ack === undefined ? 0 : ACK;
    for (const letter of flags) bits |= FLAGS[letter] ?? 0;
    return {
      ...common, ip_proto: 'T', ip_id: number(/\bid (\d+)/) ?? '0', tcp_flags: String(bits), tcp_seq: number(/\bseq (\d+)/) ?? '0', tcp_ack: ack ?? '0', tcp_window: number(/\bwin (\d+)/) ?? '0',
      payload_len: number(/\blength (\d+)/) ?? '0',
    };
  }
  if (/^icmp/i.test(rest)) {
    const type = /echo request/.test(rest) ? '8' : /echo reply/.test(rest) ? '0' : '3';
    return { ...common, ip_proto: 'I', icmp_type: type, icmp_flowid: number(/\bid (\d+)/) ?? '0', icmp_seq: number(/\bseq (\d+)/) ?? '0' };
  }
  return { ...common, ip_proto: 'U', ip_id: number(/\bid (\d+)/) ?? '0', payload_len: number(/\blength (\d+)/) ?? number(/\((\d+)\)\s*$/) ?? '0' };
}

class Trace extends LineFile {
  constructor(private readonly trace: ControlHost<Config>) {
    super(trace, (reading) => ({ ...sampleHandler(trace.config.sample), ...stopHandler(trace, reading) }), 'syntax error');
    const { checksum, sample } = trace.config;
    const old = new TcpdumpLines(checksum, trace.scope);
    let complained = false;
    this.reading((line) => {
      if (line === '' || line.startsWith('#')) return [];
      const packet = packetOf(line, checksum) ?? old.packetOf(line);
      if (packet === undefined && !complained && line.trim() !== '') {
        trace.message(`${this.place}: packet parse error`);
        complained = true;
      }
      return packet !== undefined && (sample >= 1 || trace.random() / 2 ** 32 < share(sample)) ? [packet] : [];
    });
  }

  override begin(): string | undefined {
    const problem = super.begin();
    if (problem === undefined && !/^\d/.test(this.firstLine)) this.trace.note(`${shownName(this.trace.config.filename)}: warning: first line suspicious; is this a tcpdump output file?`);
    return problem;
  }
}

export default defineElement({
  name: 'FromTcpdump',
  config: traceTextArguments,
  ports: { outputs: { out: 'The packets.' } },
  build: ({ config, warn }) => warnOfSample(config.sample, warn),
  control: { reason: 'reads a file, which an appliance does not have', start: (host) => new Trace(host) },
});
