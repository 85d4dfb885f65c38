/**
 * Makes packets of what tcpdump printed about IPv4 packets, with -n and without -v: `12:00:00.000001 IP 10.0.0.1.1234 > 10.0.0.2.80: Flags [S], seq 1, win 8, length 0`,
 * or as it printed them long ago, `966435175.000001 10.0.0.1.1234 > 10.0.0.2.80: S 1:1(0) win 8 (ttl 64, id 1)`. FILENAME `-` is standard input.
 *
 * Packets have headers; bytes of payload are in the annotation for what is not kept. Lines about other packets are skipped.
 */
import { readFileSync } from 'node:fs';
import { bool, defineElement, parseIpv4, real, text, type ControlHost, type ControlPart, type Packet } from 'wirelet';
import { Draft } from './summary/draft.js';
import { whyNot } from './summary/output-file.js';

interface Config {
  readonly filename: string;
  readonly stop: boolean;
  readonly active: boolean;
  readonly checksum: boolean;
  readonly sample: number;
}

const LINE = /^(?:\d{4}-\d\d-\d\d )?(\d+(?::\d\d:\d\d)?)(?:\.(\d+))?\s+(?:IP\s+)?(\d+\.\d+\.\d+\.\d+)(?:\.(\d+))? > (\d+\.\d+\.\d+\.\d+)(?:\.(\d+))?: (.*)$/;
const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, '.': 16, U: 32, E: 64, W: 128 };

/** Seconds of a day, or of the epoch, and nanoseconds. */
function timeOf(whole: string, fraction = ''): [number, number] {
  const seconds = whole.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return [seconds, Number(fraction.slice(0, 9).padEnd(9, '0'))];
}

/** The draft that a line describes; undefined: it is about something else. */
function draftOf(line: string): Draft | undefined {
  const match = LINE.exec(line);
  const source = match && parseIpv4(match[3]!);
  const destination = match && parseIpv4(match[5]!);
  if (match === null || source === undefined || source === null || destination === undefined || destination === null) return undefined;
  const draft = new Draft();
  [draft.seconds, draft.nanoseconds] = timeOf(match[1]!, match[2]);
  draft.source = source;
  draft.destination = destination;
  draft.hasTransport = true;
  draft.sourcePort = Number(match[4] ?? 0);
  draft.destinationPort = Number(match[6] ?? 0);
  readRest(draft, match[7]!);
  return draft;
}

function readRest(draft: Draft, rest: string): void {
  const number = (pattern: RegExp) => {
    const found = pattern.exec(rest);
    return found === null ? undefined : Number(found[1]);
  };
  draft.ttl = number(/\bttl (\d+)/) ?? 0;
  draft.identification = number(/\bid (\d+)/) ?? 0;
  const old = /^([SFRPWE.]+) (?:(\d+):\d+\((\d+)\))?/.exec(rest);
  const flags = /Flags \[([SFRPUEW.]*)\]/.exec(rest)?.[1] ?? (old === null ? undefined : old[1]);
  if (flags !== undefined) {
    draft.protocol = 6;
    for (const letter of flags) draft.tcpFlags |= old !== null && letter === '.' ? 0 : (FLAGS[letter] ?? 0);
    draft.sequence = number(/\bseq (\d+)/) ?? Number(old?.[2] ?? 0);
    const ack = number(/\back (\d+)/);
    if (ack !== undefined) {
      draft.acknowledgement = ack;
      draft.tcpFlags |= 16;
    }
    draft.window = number(/\bwin (\d+)/) ?? 0;
    draft.payloadLength = number(/\blength (\d+)/) ?? Number(old?.[3] ?? 0);
  } else if (/^ICMP|^icmp/.test(rest)) {
    draft.protocol = 1;
    draft.icmpType = /echo request/.test(rest) ? 8 : /echo reply/.test(rest) ? 0 : 3;
    draft.icmpIdentifier = number(/\bid (\d+)/) ?? 0;
    draft.icmpSequence = number(/\bseq (\d+)/) ?? 0;
    draft.identification = 0;
  } else {
    draft.protocol = 17;
    draft.payloadLength = number(/\blength (\d+)/) ?? number(/^udp (\d+)/) ?? number(/\((\d+)\)\s*$/) ?? 0;
  }
}

class Reader implements ControlPart {
  private lines: string[] = [];
  private next = 0;
  private active: boolean;
  private ended = false;
  readonly handlers;

  constructor(private readonly host: ControlHost<Config>) {
    this.active = host.config.active;
    this.handlers = {
      sampling_prob: { read: () => String(host.config.sample) },
      encap: { read: () => 'IP' },
      active: {
        read: () => String(this.active),
        write: (value: string) => {
          this.active = /^(true|1|yes)$/i.test(value.trim());
          host.wake();
        },
      },
      stop: {
        write: () => {
          this.active = false;
          host.adjustRunCount(-1);
        },
      },
    };
  }

  begin(): string | undefined {
    const { filename } = this.host.config;
    try {
      this.lines = readFileSync(filename === '-' ? 0 : filename, 'latin1').split(/\r?\n/);
    } catch (error) {
      return `${filename}: ${whyNot(error)}`;
    }
    return undefined;
  }

  run(): boolean {
    const packet = this.host.outputs.length === 0 || this.host.pulled(0) ? null : this.pull();
    if (packet === null) return false;
    this.host.emit(0, packet);
    return true;
  }

  pull(): Packet | null {
    const { checksum, sample, stop } = this.host.config;
    while (this.active && this.next < this.lines.length) {
      const draft = draftOf(this.lines[this.next]!);
      this.next += 1;
      if (draft !== undefined && (sample >= 1 || this.host.random() / 2 ** 32 < sample)) return draft.packet(6, checksum);
    }
    if (this.active && !this.ended) {
      this.ended = true;
      if (stop) this.host.adjustRunCount(-1);
    }
    return null;
  }
}

export default defineElement({
  name: 'FromTcpdump',
  config: {
    filename: text({ doc: 'The file; - is standard input.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last line.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    zero: bool({ default: true, keyword: true, doc: 'Without effect: what lines do not say is zero.' }),
    checksum: bool({ default: false, keyword: true, doc: 'Whether checksums are right.' }),
    sample: real({ default: 1, min: 0, max: 1, keyword: true, doc: 'The share of packets that are made.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  control: { reason: 'reads a file, which an appliance does not have', start: (host) => new Reader(host) },
});
