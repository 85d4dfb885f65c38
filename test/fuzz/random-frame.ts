/** Frames for random graphs: those of test/elements, and TCP and UDP between a few hosts, with tags, fragments and damage. */
import { ethernet, ipv4 } from '#src/kit/index.js';
import type { Dice } from '../differential/element-fuzz.js';
import { internetChecksum } from '../configs/frame.js';
import { someFrame } from '../elements/net-frames.js';

const HOSTS = [0x0a00_0001, 0x0a00_0002, 0x0a01_0203, 0xc000_0201];
const PORTS = [22, 53, 80, 1024, 1025, 40_000];
const MACS = [0x0200_0000_0001, 0x0200_0000_0002, 0x0200_0000_0003, 0xffff_ffff_ffff];
const TCP = 6;
const UDP = 17;

/** A segment or datagram with a checksum that is right, most of the time. */
function segment(dice: Dice, protocol: number, source: number, destination: number): Uint8Array {
  const payload = Buffer.alloc(dice.pick([0, 1, 7, 40, 300]), dice.below(256));
  const header = Buffer.alloc(protocol === TCP ? 20 : 8);
  header.writeUInt16BE(dice.pick(PORTS), 0);
  header.writeUInt16BE(dice.pick(PORTS), 2);
  if (protocol === TCP) {
    header.writeUInt32BE(dice.below(5), 4);
    header.writeUInt32BE(dice.below(5), 8);
    header[12] = dice.chance(90) ? 0x50 : dice.below(256);
    header[13] = dice.pick([2, 18, 16, 24, 17, 4, 0, 63]);
    header.writeUInt16BE(4096, 14);
  } else {
    header.writeUInt16BE(dice.chance(90) ? 8 + payload.length : dice.below(0x10000), 4);
  }
  const body = Buffer.concat([header, payload]);
  const pseudo = Buffer.alloc(12);
  pseudo.writeUInt32BE(source, 0);
  pseudo.writeUInt32BE(destination, 4);
  pseudo.writeUInt16BE(protocol, 8);
  pseudo.writeUInt16BE(body.length, 10);
  const sum = internetChecksum(Buffer.concat([pseudo, body]));
  body.writeUInt16BE(dice.chance(85) ? sum : dice.pick([0, 0xffff, 0x1234]), protocol === TCP ? 16 : 6);
  return body;
}

function transportFrame(dice: Dice): Uint8Array {
  const protocol = dice.pick([TCP, UDP]);
  const source = dice.pick(HOSTS);
  const destination = dice.pick(HOSTS);
  const fragment = dice.chance(85) ? 0 : dice.pick([0x2000, 0x0001, 0x2001, 0x4000, 0x0005]);
  const packet = ipv4.make({ ttl: dice.pick([64, 64, 2, 1, 0]), protocol, source, destination, fragment, identification: dice.below(4), tos: dice.pick([0, 0, 1, 2, 3, 0xb8]) }, segment(dice, protocol, source, destination));
  return ethernet.make({ destination: dice.pick(MACS), source: dice.pick(MACS) }, packet).bytes;
}

/** With an 802.1Q tag behind the addresses. */
function tagged(frame: Uint8Array, dice: Dice): Uint8Array {
  return Uint8Array.from([...frame.slice(0, 12), 0x81, 0, dice.pick([0, 0x20, 0xff]), dice.pick([0, 5, 0xff]), ...frame.slice(12)]);
}

export function randomFrame(dice: Dice): Uint8Array {
  const frame = dice.chance(45) ? transportFrame(dice) : someFrame(dice, dice.chance(70) ? 'ip' : 'arp');
  const tag = frame.length >= 14 && dice.chance(8) ? tagged(frame, dice) : frame;
  if (dice.chance(90)) return tag;
  if (dice.chance(50)) return tag.slice(0, 1 + dice.below(tag.length));
  tag[dice.below(tag.length)]! ^= 1 << dice.below(8);
  return tag;
}
