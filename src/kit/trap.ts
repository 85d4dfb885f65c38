/**
 * A trap: the packet path asked for something the packet does not have. The packet is dropped, the
 * element's counter for the reason rises, the place is recorded, nothing else happens. The generated C
 * does the same with a jump instead of an exception.
 */
export type TrapReason = keyof typeof TRAP_REASONS;

/** Every reason for a trap, as it appears among an element's drops. */
export const TRAP_REASONS = {
  short_packet: 'An access beyond the end of the packet.',
  no_headroom: 'A header did not fit in front of the packet.',
  no_tailroom: 'The packet would outgrow its buffer.',
  store_full: 'The element stored a packet where there was no room; it should have asked first.',
  no_network_header: 'The element reads the network header, but nothing upstream marked one.',
  no_transport_header: 'The element reads the transport header, but nothing upstream marked one.',
  no_mac_header: 'The element reads the MAC header, but nothing upstream marked one.',
} as const;

export class PacketTrap extends Error {
  constructor(readonly reason: TrapReason) {
    super(`${reason}: ${TRAP_REASONS[reason]}`);
  }
}
