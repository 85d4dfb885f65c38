/** An IPv6 destination as tunnels take it: given, or that of each packet's annotation. */
import { formatIpv6, parsed, readIpv6, type ArgumentScope, type Ipv6Address, type Kind, type Packet, type Parsed } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';

export interface TunnelDestination {
  readonly annotated: boolean;
  readonly address: Ipv6Address;
}

/** An IPv6 address, or DST_ANNO; `click` is what Click says of anything else. */
export function tunnelDestination6(click: string): Kind<TunnelDestination> {
  const read = (text: string, scope: ArgumentScope): Parsed<TunnelDestination> => {
    if (text === 'DST_ANNO') return { value: { annotated: true, address: [0, 0, 0, 0] } };
    const address = readIpv6(text, scope);
    return address === undefined ? { error: `expected an IPv6 address or DST_ANNO, got "${text}"`, click, ofElement: true } : { value: { annotated: false, address } };
  };
  return parsed<TunnelDestination>('destination', { doc: 'The destination, or DST_ANNO.' }, read, ({ annotated, address }) => (annotated ? 'DST_ANNO' : formatIpv6(address)));
}

/** Makes `address` the packet's destination annotation. */
export function annotateDestination(packet: Packet, address: Ipv6Address): void {
  for (let word = 0; word < 4; word += 1) packet.setAnnotationU32(DESTINATION_6 + word * 4, address[word]!);
}
