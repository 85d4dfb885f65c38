/** Tap devices of the host: elements that give packets to its network stack, and take what it sends. */
import { execFileSync } from 'node:child_process';
import { Packet, type ControlHost, type ControlPart } from 'wirelet';

/** Frames taken in one round, at most. */
const BURST_MAX = 32;
/** How long it waits before it looks again, where nothing came. */
const POLL_US = 1000;
const HEADER_BYTES = 14;

export interface TapWishes {
  /** Name of the device. */
  readonly device: string;
  /** `ADDRESS/LENGTH` that the host gets on it; undefined: none. */
  readonly address?: string;
  /** MAC address that the host has there. */
  readonly mac?: string;
  readonly mtu?: number;
  /** The way to everything else. */
  readonly gateway?: string;
  /** Packets have no Ethernet headers for the graph. */
  readonly bare: boolean;
}

const ip = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });

function dress({ device, address, mac, mtu, gateway, bare }: TapWishes): void {
  const also = [...(mac === undefined ? [] : ['address', mac]), ...(mtu === undefined ? [] : ['mtu', String(mtu)])];
  if (also.length > 0) ip('link', 'set', 'dev', device, ...also);
  // Without Ethernet headers there is nobody who could answer ARP requests.
  ip('link', 'set', 'dev', device, 'up', ...(bare ? ['arp', 'off'] : []));
  if (address !== undefined) ip('addr', 'add', address, 'dev', device);
  if (gateway !== undefined) ip('route', 'add', 'default', 'via', gateway, 'dev', device);
}

type Tap = ReturnType<ControlHost['openTap']>;

/** Taps by name: a ToHost uses that of the FromHost with the same device. */
const opened = new Map<string, Tap>();

export function tapNamed(device: string): Tap | undefined {
  return opened.get(device);
}

/** Opens a tap, gives what the host sends to output 0, and what enters to the host. */
export function tapPart(host: ControlHost, wishes: TapWishes): ControlPart & { send(packet: Packet): void } {
  let tap: Tap | undefined;
  let taken = 0;
  let sent = 0;
  const own = Uint8Array.from((wishes.mac ?? '02:00:00:00:00:01').split(/[:-]/).map((part) => parseInt(part, 16)));
  const part = {
    handlers: {
      dev_name: { read: () => wishes.device },
      packets: { read: () => String(taken) },
      selected_calls: { read: () => `${taken} packets taken, ${sent} given\n` },
      signal: { read: () => 'false' },
    },
    begin(): string | undefined {
      try {
        tap = host.openTap(wishes.device);
        opened.set(wishes.device, tap);
        dress(wishes);
      } catch (error) {
        return `${wishes.device}: ${whyNot(error)}`;
      }
      host.setTimer(host.microseconds);
      return undefined;
    },
    timer() {
      let count = 0;
      for (; count < BURST_MAX; count += 1) {
        const frame = tap?.receive();
        if (frame === undefined) break;
        if (frame.length === 0 || host.outputs.length === 0) continue;
        taken += 1;
        host.emit(0, received(frame, wishes.bare, host.microseconds));
      }
      host.setTimer(host.microseconds + (count === BURST_MAX ? 0 : POLL_US));
    },
    process(packet: Packet) {
      part.send(packet);
      return host.verdict(undefined, packet);
    },
    run(): boolean {
      const packet = host.inputs.length > 0 ? host.pull(0) : null;
      if (packet === null) return false;
      part.send(packet);
      return true;
    },
    send(packet: Packet) {
      sent += 1;
      tap?.send(wishes.bare ? framed(packet.data(), own) : packet.data());
    },
    close() {
      tap?.close();
      opened.delete(wishes.device);
    },
  };
  return part;
}

function whyNot(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message: string };
  return stderr === undefined || stderr.length === 0 ? message : stderr.toString().trim();
}

function received(frame: Uint8Array, bare: boolean, now: number): Packet {
  const packet = Packet.from(frame.subarray(0, 9216));
  packet.timestampSeconds = Math.floor(now / 1e6);
  packet.timestampNanoseconds = (now % 1e6) * 1000;
  packet.markMacHeader(0);
  if (bare && frame.length >= HEADER_BYTES) packet.strip(HEADER_BYTES);
  if (bare && packet.length > 0) packet.markNetworkHeader(0);
  return packet;
}

/** An IP packet in a frame to the host and from it: with ARP off, nobody looks. */
function framed(bytes: Uint8Array, own: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + bytes.length);
  frame.set(own, 0);
  frame.set(own, 6);
  const six = (bytes[0] ?? 0) >>> 4 === 6;
  frame.set(six ? [0x86, 0xdd] : [8, 0], 12);
  frame.set(bytes, HEADER_BYTES);
  return frame;
}
