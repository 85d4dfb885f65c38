/** A line of text put together by elements, one at a time for all of them. Twin: native/runtime/wl_log.h. */
import type { Log } from '../../kit/element.js';
import type { Packet } from '../../kit/packet.js';
import { PacketTrap } from '../../kit/trap.js';

/** Longest line in bytes; what exceeds it is cut. */
export const LOG_LINE_BYTES_MAX = 24_575;

export class LogLine implements Log {
  private line = '';

  /** `print`: takes a line; text with ends of lines in it comes as several, as what reads the text of compiled elements sees them. */
  constructor(private readonly print: (line: string) => void) {}

  text(text: string): void {
    this.line += text;
  }

  decimal(value: number, width = 0): void {
    this.line += String(value).padStart(width);
  }

  hexadecimal(value: number, digits: number): void {
    this.line += value.toString(16).toUpperCase().padStart(digits, '0');
  }

  lowerHexadecimal(value: number, digits: number): void {
    this.line += value.toString(16).padStart(digits, '0');
  }

  hex(packet: Packet, offset: number, count: number): void {
    const digits = Buffer.from(bytesAt(packet, offset, count)).toString('hex');
    this.line += digits.replace(/.{8}(?=.)/g, '$& ');
  }

  ascii(packet: Packet, offset: number, count: number): void {
    for (const [index, byte] of bytesAt(packet, offset, count).entries()) {
      if (index % 8 === 0) this.line += ' ';
      this.line += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.';
    }
  }

  /** What was begun is not printed: the code that put it together has trapped. */
  abandon(): void {
    this.line = '';
  }

  end(): void {
    const { line } = this;
    this.line = '';
    for (const each of Buffer.from(line).subarray(0, LOG_LINE_BYTES_MAX).toString().split('\n')) this.print(each);
  }
}

function bytesAt(packet: Packet, offset: number, count: number): Uint8Array {
  const at = packet.start + offset;
  if (at + count > packet.end) throw new PacketTrap('short_packet');
  return packet.bytes.subarray(at, at + count);
}
