/** An IPv6 destination as tunnels take it: given, or that of each packet's annotation. */
import { formatIpv6, ipv6, parsed, readIpv6, type ArgumentScope, type Ipv6Address, type Kind, type Packet, type Parsed } from 'wirelet';
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

interface Tunnel {
  readonly config: { readonly src: Ipv6Address; readonly dst: TunnelDestination };
}

/** Gives the packet's IPv6 header its addresses, and the packet a given destination as its annotation. */
export function writeAddresses(packet: Packet, { config }: Tunnel): void {
  if (!config.dst.annotated) for (let word = 0; word < 4; word += 1) packet.setAnnotationU32(DESTINATION_6 + word * 4, config.dst.address[word]!);
  const header = ipv6.at(packet);
  header.source_0 = config.src[0];
  header.source_1 = config.src[1];
  header.source_2 = config.src[2];
  header.source_3 = config.src[3];
  header.destination_0 = packet.annotationU32(DESTINATION_6);
  header.destination_1 = packet.annotationU32(DESTINATION_6 + 4);
  header.destination_2 = packet.annotationU32(DESTINATION_6 + 8);
  header.destination_3 = packet.annotationU32(DESTINATION_6 + 12);
}
