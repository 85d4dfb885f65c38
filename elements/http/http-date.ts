/** Dates of HTTP (RFC 9110, 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`. */
import type { Packet, u16, u32 } from 'wirelet';

export const DATE_BYTES = 29;
const DAYS = [0x53756e, 0x4d6f6e, 0x547565, 0x576564, 0x546875, 0x467269, 0x536174] as const;
export const MONTHS = [0x4a616e, 0x466562, 0x4d6172, 0x417072, 0x4d6179, 0x4a756e, 0x4a756c, 0x417567, 0x536570, 0x4f6374, 0x4e6f76, 0x446563] as const;

function letters(packet: Packet, at: u16, three: number): void {
  packet.storeU8(at, (three >>> 16) & 255);
  packet.storeU16(at + 1, three & 0xffff);
}

function twoDigits(packet: Packet, at: u16, value: number): void {
  packet.storeU16(at, 0x3030 + (Math.trunc(value / 10) % 10) * 256 + (value % 10));
}

/** Writes the date that is `seconds` after 1970. The day is found as from March on (Howard Hinnant, 2013). */
export function writeDate(packet: Packet, at: u16, seconds: u32): void {
  const days = Math.trunc(seconds / 86_400);
  const rest = seconds % 86_400;
  const shifted = days + 719_468;
  const era = Math.trunc(shifted / 146_097);
  const dayOfEra = shifted % 146_097;
  const yearOfEra = Math.trunc(Math.max(0, dayOfEra - Math.trunc(dayOfEra / 1460) + Math.trunc(dayOfEra / 36_524) - Math.trunc(dayOfEra / 146_096)) / 365);
  const dayOfYear = Math.max(0, dayOfEra - (365 * yearOfEra + Math.trunc(yearOfEra / 4) - Math.trunc(yearOfEra / 100)));
  const fromMarch = Math.trunc((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.trunc((153 * fromMarch + 2) / 5) + 1;
  const month = (fromMarch + 2) % 12;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  letters(packet, at, DAYS[(days + 4) % 7]!);
  packet.storeU16(at + 3, 0x2c20);
  twoDigits(packet, at + 5, Math.max(0, day));
  packet.storeU8(at + 7, 0x20);
  letters(packet, at + 8, MONTHS[month]!);
  packet.storeU8(at + 11, 0x20);
  twoDigits(packet, at + 12, Math.trunc(year / 100));
  twoDigits(packet, at + 14, year % 100);
  packet.storeU8(at + 16, 0x20);
  twoDigits(packet, at + 17, Math.trunc(rest / 3600));
  packet.storeU8(at + 19, 0x3a);
  twoDigits(packet, at + 20, Math.trunc(rest / 60) % 60);
  packet.storeU8(at + 22, 0x3a);
  twoDigits(packet, at + 23, rest % 60);
  packet.storeU32(at + 25, 0x2047_4d54);
}
