/** Ethernet frames with ARP, IPv4 and ICMP in them: good ones, cut ones, lying ones, and noise; the same for a seed. */
import { arp, ethernet, ETHERTYPE, icmp, ipv4, sumOfBytes } from '#src/kit/index.js';
import type { Dice } from '../differential/element-fuzz.js';

/** The station under test, its neighbours, and addresses that are no host's. */
export const STATION = { address: 0x0a00_0001, mac: 0x0200_0000_0001 };
const ADDRESSES = [STATION.address, 0x0a00_0002, 0x0a00_0003, 0x0a00_00ff, 0x0a01_0203, 0xc000_0201, 0, 0x7f00_0001, 0xe000_0001, 0xf000_0001, 0xffff_ffff];
const MACS = [STATION.mac, 0x0200_0000_0002, 0x0200_0000_0003, 0x0100_5e00_0001, 0xffff_ffff_ffff];

const bytes = (dice: Dice, length: number) => Uint8Array.from({ length }, () => dice.below(256));

/** Options that say what they are, in order, padded to a multiple of four bytes. */
function someOptions(dice: Dice): Uint8Array {
  const list: number[] = [];
  for (let count = dice.below(4); count > 0 && list.length < 24; count -= 1) {
    const slots = 1 + dice.below(2);
    const flag = dice.pick([0, 0, 1, 1, 3, 3, 2]);
    const size = dice.chance(80) ? 4 + 4 * slots * (flag === 0 ? 1 : 2) : dice.below(14);
    const own = dice.chance(50) ? [10, 0, 0, 1] : [10, 0, 0, 9];
    const body = Array.from({ length: 16 }, (_, index) => own[index % 4]!);
    const kinds = [
      () => [1],
      () => [7, 3 + 4 * slots, dice.pick([4, 4, 4, 8, 12, 5, 9, 6, 3, 0]), ...body.slice(0, 4 * slots)],
      () => [68, size, dice.pick([5, 5, 5, 9, 13, 21, 4, 255, 6, 10]), flag + 16 * dice.pick([0, 1, 15]), ...body.slice(0, Math.max(0, size - 4))],
      () => [131, 7, 4, 10, 0, 0, 5],
      () => [dice.below(256), dice.below(12)],
    ];
    list.push(...dice.pick(kinds)());
  }
  while (list.length % 4 !== 0) list.push(dice.pick([0, 0, 1, 7]));
  return Uint8Array.from(list.slice(0, 40));
}

/** An IPv4 packet: often sound, sometimes with a header that lies under a right checksum. */
export function somePacket(dice: Dice): Uint8Array {
  const inner = bytes(dice, dice.pick([0, 1, 8, 20, 64, 600, 1400]));
  const isIcmp = dice.chance(60);
  const zero = dice.chance(20);
  const message = icmp.make({ type: dice.pick([8, 8, 8, 0, 3, 4, 5, 11, 12, 13]), code: dice.pick([0, 0, 0, 1]), rest: zero ? 0 : dice.below(0x1_0000_0000) }, zero ? new Uint8Array(inner.length) : inner);
  const lies = dice.chance(15) ? dice.pick([{ header_length: dice.below(16) }, { total_length: dice.below(0x10000) }, { version: dice.below(16) }, { checksum: dice.below(0x10000) }]) : {};
  const values = {
    ttl: dice.below(256),
    tos: dice.below(256),
    identification: dice.below(0x10000),
    fragment: dice.chance(80) ? 0x4000 * dice.below(2) : dice.pick([0x2000, 0x2001, 0x0001, 0x1fff]),
    protocol: isIcmp ? 1 : dice.pick([6, 17, 47]),
    source: dice.pick(ADDRESSES),
    destination: dice.pick(ADDRESSES),
    ...lies,
  };
  return ipv4.make(values, isIcmp ? message.bytes : inner, dice.chance(40) ? someOptions(dice) : undefined).bytes;
}

/** An ARP packet between known stations, in an Ethernet frame. */
export function someArp(dice: Dice): Uint8Array {
  const lies = dice.chance(15) ? dice.pick([{ hardware_type: 6 }, { protocol_type: 0x86dd }, { hardware_length: 8 }, { protocol_length: 16 }, { operation: 3 }]) : {};
  const values = {
    operation: 1 + dice.below(2),
    sender_mac: dice.pick(MACS),
    sender_address: dice.pick(ADDRESSES),
    target_mac: dice.pick(MACS),
    target_address: dice.pick(ADDRESSES),
    ...lies,
  };
  const frame = ethernet.make({ destination: dice.pick(MACS), source: dice.pick(MACS), type: ETHERTYPE.arp }, arp.make(values)).bytes;
  return dice.chance(50) ? Uint8Array.from([...frame, ...new Uint8Array(18)]) : frame;
}

/** A frame of either kind; one in four is cut, has bits flipped, bytes appended, or is noise. */
export function someFrame(dice: Dice, kind: 'ip' | 'arp'): Uint8Array {
  const frame = kind === 'arp' ? someArp(dice) : ethernet.make({ destination: dice.pick(MACS), source: dice.pick(MACS) }, somePacket(dice)).bytes;
  if (dice.chance(75)) return frame;
  switch (dice.below(4)) {
    case 0:
      return frame.slice(0, 1 + dice.below(dice.chance(50) ? Math.min(60, frame.length) : frame.length));
    case 1:
      return Uint8Array.from([...frame, ...bytes(dice, 1 + dice.below(40))]);
    case 2:
      return bytes(dice, 1 + dice.below(100));
    default:
      for (let times = dice.below(4); times >= 0; times -= 1) frame[dice.below(frame.length)]! ^= 1 << dice.below(8);
      return frame;
  }
}

/** Whether the checksum over all of `data` is right. */
export function adds(data: Uint8Array): boolean {
  return sumOfBytes(data) === 0xffff;
}
