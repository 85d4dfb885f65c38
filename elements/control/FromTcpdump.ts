/**
 * Makes packets of what tcpdump printed about IPv4 packets, with -n and without -v: `12:00:00.000001 IP 10.0.0.1.1234 > 10.0.0.2.80: Flags [S], seq 1, win 8, length 0`,
 * or as it printed them long ago, `966435175.000001 10.0.0.1.1234 > 10.0.0.2.80: S 1:1(0) win 8 (ttl 64, id 1)`. FILENAME `-` is standard input.
 *
 * Packets have headers; bytes of payload are in the annotation for what is not kept. Lines about other packets are skipped.
 */
import { bool, defineElement, text, type ControlHost } from 'wirelet';
import { LineFile, type LineFileConfig } from './summary/line-file.js';
import { MINOR_VERSION, packetOfText, type FieldText } from './summary/line-packet.js';
import { sampleArgument, share, warnOfSample } from './summary/sample.js';

interface Config extends LineFileConfig {
  readonly checksum: boolean;
  readonly sample: number;
}

const LINE = /^(?:\d{4}-\d\d-\d\d )?(\d+(?::\d\d:\d\d)?)(?:\.(\d+))?\s+(?:IP\s+)?(\d+\.\d+\.\d+\.\d+)(?:\.(\d+))? > (\d+\.\d+\.\d+\.\d+)(?:\.(\d+))?: (.*)$/;
const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, '.': 16, U: 32, E: 64, W: 128 };
const ACK = 16;

/** Seconds of a day, or of the epoch. */
const secondsOf = (whole: string): number => whole.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);

/** The fields that a line tells; undefined: it is about something else. */
function fieldsOf(line: string): FieldText[] | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, whole, fraction = '', source, sport = '0', destination, dport = '0', rest] = match;
  const fields = { timestamp: `${secondsOf(whole!)}.${fraction}`, ip_src: source!, ip_dst: destination!, ip_ttl: '0', sport, dport, ...restOf(rest!) };
  return Object.entries(fields).map(([name, text]) => ({ name, text }));
}

function restOf(rest: string): Record<string, string> {
  const number = (pattern: RegExp) => pattern.exec(rest)?.[1];
  const common: Record<string, string> = { ip_ttl: number(/\bttl (\d+)/) ?? '0' };
  const old = /^([SFRPWE.]+) (?:(\d+):\d+\((\d+)\))?/.exec(rest);
  const flags = /Flags \[([SFRPUEW.]*)\]/.exec(rest)?.[1] ?? old?.[1];
  if (flags !== undefined) {
    const ack = number(/\back (\d+)/);
    let bits = ack === undefined ? 0 : ACK;
    for (const letter of flags) bits |= old !== null && letter === '.' ? 0 : (FLAGS[letter] ?? 0);
    return {
      ...common, ip_proto: 'T', ip_id: number(/\bid (\d+)/) ?? '0', tcp_flags: String(bits), tcp_seq: number(/\bseq (\d+)/) ?? old?.[2] ?? '0', tcp_ack: ack ?? '0', tcp_window: number(/\bwin (\d+)/) ?? '0',
      payload_len: number(/\blength (\d+)/) ?? old?.[3] ?? '0',
    };
  }
  if (/^icmp/i.test(rest)) {
    const type = /echo request/.test(rest) ? '8' : /echo reply/.test(rest) ? '0' : '3';
    return { ...common, ip_proto: 'I', icmp_type: type, icmp_flowid: number(/\bid (\d+)/) ?? '0', icmp_seq: number(/\bseq (\d+)/) ?? '0' };
  }
  return { ...common, ip_proto: 'U', ip_id: number(/\bid (\d+)/) ?? '0', payload_len: number(/\blength (\d+)/) ?? number(/^udp (\d+)/) ?? number(/\((\d+)\)\s*$/) ?? '0' };
}

const DEFAULTS = { protocol: 6, minorVersion: MINOR_VERSION };

function reader(host: ControlHost<Config>): LineFile {
  const { checksum, sample } = host.config;
  const packetsOf = (line: string) => {
    const fields = fieldsOf(line);
    const packet = fields && packetOfText(fields, DEFAULTS);
    return packet !== undefined && (sample >= 1 || host.random() / 2 ** 32 < share(sample)) ? [packet.finish(checksum)] : [];
  };
  return new LineFile(host, packetsOf, { sampling_prob: { read: () => String(share(sample)) } });
}

export default defineElement({
  name: 'FromTcpdump',
  config: {
    filename: text({ doc: 'The file; - is standard input.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last line.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    zero: bool({ default: true, keyword: true, doc: 'Without effect: what lines do not say is zero.' }),
    checksum: bool({ default: false, keyword: true, doc: 'Whether checksums are right.' }),
    sample: sampleArgument('The share of packets that are made.'),
    mmap: bool({ default: false, keyword: true, doc: 'Without effect: how the file is read.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  build: ({ config, warn }) => warnOfSample(config.sample, warn),
  control: { reason: 'reads a file, which an appliance does not have', start: reader },
});
