/** Classes of Click that there cannot be here, or are not: why, and what to use instead. */

export interface AbsentClass {
  /** Follows the name of the class: "NAME needs ...". */
  readonly reason: string;
  readonly instead: string;
}

const RAW: AbsentClass = { reason: 'needs raw sockets of the host', instead: 'Take FromDevice and ToDevice for whole frames, or Socket for datagrams and streams.' };
const KERNEL: AbsentClass = { reason: 'is for a router inside the Linux kernel', instead: 'Take FromDevice and ToDevice for the frames of an interface.' };

const ABSENT: Readonly<Record<string, AbsentClass>> = {
  RawSocket: RAW,
  IPFlowRawSockets: RAW,
  LinuxIPLookup: { reason: "sets routes in the host's own route table", instead: 'Take RadixIPLookup, or another look-up of its own routes, with the same arguments.' },
  AddressTranslator: { reason: 'translates addresses and ports of IPv6, which no element here does', instead: 'ProtocolTranslator64 and ProtocolTranslator46 translate to IPv4, where IPRewriter does the rest.' },
  PollDevice: KERNEL,
  FromLinux: KERNEL,
  ToLinux: KERNEL,
  ToHostSniffers: KERNEL,
  FromUserDevice: KERNEL,
  ToUserDevice: KERNEL,
};

/** What is known of a class of Click's that there is not here. */
export function absentClass(className: string): AbsentClass | undefined {
  return Object.hasOwn(ABSENT, className) ? ABSENT[className] : undefined;
}
