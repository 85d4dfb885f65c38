/** The GRE header (RFC 2784, with key and sequence number of RFC 2890). Its first word is flags and version, its second the EtherType. */
import { ETHERTYPE, parsed, parseInteger, type Kind } from 'wirelet';

export const GRE_CHECKSUM = 0x8000;
export const GRE_KEY = 0x2000;
export const GRE_SEQUENCE = 0x1000;
/** Bits that have to be zero: those of RFC 1701's routing, which no router answers any more, and the version. */
export const GRE_UNKNOWN = 0x4c07;
/** Bytes of the header without optional fields. */
export const GRE_BYTES = 4;

const NAMES: Readonly<Record<string, number>> = { ip: ETHERTYPE.ipv4, ipv4: ETHERTYPE.ipv4, ip6: ETHERTYPE.ipv6, ipv6: ETHERTYPE.ipv6, ethernet: 0x6558 };

/** What a GRE packet carries: ip, ip6, ethernet (transparent bridging), or an EtherType as a number. */
export function carried(options: { doc: string }): Kind<number> {
  return parsed<number>(
    'EtherType',
    { ...options, default: ETHERTYPE.ipv4 },
    (text) => {
      const value = NAMES[text.toLowerCase()] ?? parseInteger(text);
      return value !== undefined && value >= 0 && value <= 0xffff ? { value } : { error: `expected ip, ip6, ethernet, or an EtherType such as 0x0800, got "${text}"` };
    },
    (value) => `0x${value.toString(16).padStart(4, '0')}`,
  );
}
