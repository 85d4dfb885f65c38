/** Tap devices of the host: elements that give packets to its network stack, and take what it sends. */
import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { Packet, systemMessage, type ControlHost, type ControlPart } from 'wirelet';

/** Frames taken in one round, at most. */
const BURST_MAX = 32;
/** How long it waits before it looks again, where nothing came. */
const POLL_US = 1000;
const HEADER_BYTES = 14;
const IP_HEADER_BYTES = 20;
const IP6_HEADER_BYTES = 40;

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
  /** Longest packet that is given to the host, in bytes without Ethernet header; undefined: any. */
  readonly largest?: number;
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

/** What an element of the same name in the next configuration may go on with. */
interface Offer {
  readonly wishes: TapWishes;
  readonly tap: Tap;
  /** Leaves the tap to who asks. */
  leave(): void;
}

/** Taps by name: a ToHost uses that of the FromHost with the same device. */
const opened = new Map<string, Tap>();

export function tapNamed(device: string): Tap | undefined {
  return opened.get(device);
}

/** Opens a tap, gives what the host sends to output 0, and what enters to the host. */
export function tapPart(host: ControlHost, wishes: TapWishes): ControlPart & { send(packet: Packet): void } {
  let tap: Tap | undefined;
  let isOwn = true;
  const offer = host.offered as Offer | undefined;
  const offered = offer !== undefined && isDeepStrictEqual(offer.wishes, wishes) ? offer : undefined;
  let taken = 0;
  let looks = 0;
  const own = Uint8Array.from((wishes.mac ?? '02:00:00:00:00:01').split(/[:-]/).map((part) => parseInt(part, 16)));
  const part = {
    handlers: {
      dev_name: { read: () => wishes.device },
      packets: { read: () => String(taken) },
      selected_calls: { read: () => String(looks) },
      ...(host.className === 'FromHost' && { signal: { read: () => 'true' } }),
    },
    begin(): string | undefined {
      isOwn = offered === undefined;
      try {
        tap = offered?.tap ?? host.openTap(wishes.device);
        opened.set(wishes.device, tap);
        if (isOwn) dress(wishes);
      } catch (error) {
        part.close();
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
        const packet = received(frame, wishes.bare, host.microseconds);
        const isUsable = !wishes.bare || isIp(packet.data());
        if (isUsable) host.emit(0, packet);
        else if (host.outputs.length > 1) host.emit(1, packet);
      }
      if (count > 0) looks += 1;
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
      const mistake = wishes.bare ? ipMistake(packet) : packet.length < HEADER_BYTES ? 'packet too small' : undefined;
      const at = wishes.bare && mistake === undefined ? packet.networkHeaderOffset : 0;
      const bytes = packet.data().subarray(at);
      const length = bytes.length - (wishes.bare ? 0 : HEADER_BYTES);
      const { largest = length } = wishes;
      const problem = mistake ?? (length > largest ? `packet larger than MTU (${largest})` : undefined);
      if (problem !== undefined) return host.message(`${host.className}(${wishes.device}): ${problem}`);
      try {
        tap?.send(wishes.bare ? framed(bytes, own) : bytes);
      } catch (error) {
        host.message(`${host.className}(${wishes.device}): write failed: ${systemMessage(error as NodeJS.ErrnoException)}`);
      }
    },
    offer: (): Offer | undefined => tap && { wishes, tap, leave: () => void (isOwn = false) },
    takeOver() {
      offered?.leave();
      isOwn = true;
    },
    close() {
      if (tap === undefined || !isOwn) return;
      tap.close();
      tap = undefined;
      opened.delete(wishes.device);
    },
  };
  return part;
}

function whyNot(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message: string };
  return stderr === undefined || stderr.length === 0 ? message : stderr.toString().trim();
}

/** Whether it is a packet of IP, version 4 or 6, with a whole header. */
function isIp(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  if (first >>> 4 === 6) return bytes.length >= IP6_HEADER_BYTES;
  return first >>> 4 === 4 && (first & 15) * 4 >= IP_HEADER_BYTES && bytes.length >= (first & 15) * 4;
}

/** What keeps a packet from the network stack, in Click's words; undefined: nothing. */
function ipMistake(packet: Packet): string | undefined {
  if (!packet.hasNetworkHeader || packet.length - packet.networkHeaderOffset < IP_HEADER_BYTES) return 'no network header';
  const version = packet.data()[packet.networkHeaderOffset]! >>> 4;
  return version === 4 || version === 6 ? undefined : `unknown IP version ${version}`;
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
