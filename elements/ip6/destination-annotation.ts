/** The IPv6 destination annotation: 16 bytes that begin where the IPv4 one lies, so that a packet has either (as in Click). */
import { ANNOTATIONS } from 'wirelet';

export const DESTINATION_6 = ANNOTATIONS.destination_address6.offset;
