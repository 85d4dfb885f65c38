/** Link types of captures (https://www.tcpdump.org/linktypes.html): their names in Click, and where IP begins in their frames. */

const [NULL, ETHERNET, PPP, FDDI, PPP_HDLC, ATM, RAW, HDLC, WIFI, SLL, PRISM, AIRONET, SUNATM, RADIO] = [0, 1, 9, 10, 50, 100, 101, 104, 105, 113, 119, 120, 123, 127] as const;
/** What hosts call raw IP within their own systems. */
const HOST_RAW = 12;

/** The first name of a type is the one that is shown. */
const NAMES: readonly (readonly [string, number])[] = [
  ['NULL', NULL], ['IP', RAW], ['ETHER', ETHERNET], ['FDDI', FDDI], ['ATM', ATM], ['RFC1483', ATM], ['ATM_RFC1483', ATM], ['802_11', WIFI], ['802.11', WIFI], ['802_11_RADIO', RADIO],
  ['802.11_RADIO', RADIO], ['SLL', SLL], ['AIRONET', AIRONET], ['HDLC', HDLC], ['PPP_HDLC', PPP_HDLC], ['PPP', PPP], ['SUNATM', SUNATM], ['PRISM', PRISM],
];

export { ATM as ATM_LINK, ETHERNET as ETHERNET_LINK, HDLC as HDLC_LINK, PPP as PPP_LINK, PPP_HDLC as PPP_HDLC_LINK, RAW as RAW_LINK, SUNATM as SUNATM_LINK };

/** The type of that name, or of `#` and its number; undefined: there is none. */
export function linkOf(name: string): number | undefined {
  const found = NAMES.find(([known]) => known === name)?.[1];
  return found ?? (/^#\d{1,9}$/.test(name) ? Number(name.slice(1)) : undefined);
}

export function linkName(link: number): string {
  return NAMES.find(([, known]) => known === link)?.[0] ?? `#${link}`;
}

export const canonicalLink = (link: number): number => (link === HOST_RAW ? RAW : link);

/** Types in whose frames IP can be found. */
const FINDERS: ReadonlyMap<number, (data: Uint8Array) => number | undefined> = new Map([
  [NULL, behindFamily],
  [ETHERNET, (data) => behindEthernet(data, 0)],
  [PPP, behindPpp],
  [FDDI, (data) => behindFddi(data, 0)],
  [PPP_HDLC, (data) => (data[0] === 0xff ? isPppIp(data, 2) : data[0] === 0x0f || data[0] === 0x8f ? behindType(data, 2) : undefined)],
  [ATM, (data) => behindSnap(data, 0)],
  [RAW, () => 0],
  [HDLC, (data) => behindType(data, 2)],
  [WIFI, (data) => behindWifi(data, 0)],
  [SLL, (data) => behindType(data, 14)],
  [PRISM, (data) => behindWifi(data, 144)],
  [SUNATM, (data) => behindSnap(data, 4)],
  [RADIO, (data) => behindRadio(data)],
]);

export const mayHoldIp = (link: number): boolean => FINDERS.has(link);

/** Where IP, of either version, should begin in a frame; undefined: it is none of IP. */
export function ipOffset(data: Uint8Array, link: number): number | undefined {
  return FINDERS.get(link)?.(data);
}

const u16 = (data: Uint8Array, at: number): number => (data[at] ?? 0) * 256 + (data[at + 1] ?? 0);

/** Behind the EtherType at `at`, if it is IP's. */
function behindType(data: Uint8Array, at: number): number | undefined {
  return u16(data, at) === 0x0800 || u16(data, at) === 0x86dd ? at + 2 : undefined;
}

function behindEthernet(data: Uint8Array, at: number): number | undefined {
  return behindType(data, u16(data, at + 12) === 0x8100 ? at + 16 : at + 12);
}

/** Organizations of SNAP: Ethernet's types, Cisco's bridges, and frames that are bridged (RFC 2684, 5.2). */
const [TYPES, CISCO, BRIDGED] = [0, 0xf8, 0x80c2];
/** Kinds of bridged frames, with and without their checksums. */
const [BRIDGED_ETHERNET, BRIDGED_FDDI] = [[1, 7], [4, 10]] as const;

/** Behind LLC, with SNAP (RFC 1042) or with IP's own access points. */
function behindSnap(data: Uint8Array, at: number): number | undefined {
  if (data[at] === 6 && data[at + 1] === 6) return at + 4;
  if (data[at] !== 0xaa || data[at + 1] !== 0xaa) return undefined;
  const organization = (data[at + 3] ?? 0) * 0x1_0000 + u16(data, at + 4);
  const kind: number = u16(data, at + 6);
  // The type may be that of a VLAN's tag.
  if (organization === TYPES || organization === CISCO) return behindEthernet(data, at + 6 - 12);
  if (organization !== BRIDGED) return undefined;
  if (BRIDGED_ETHERNET.some((each) => each === kind)) return behindEthernet(data, at + 8);
  return BRIDGED_FDDI.some((each) => each === kind) ? behindFddi(data, at + 9) : undefined;
}

/** Behind a header of FDDI, if it is one of asynchronous LLC frames. */
function behindFddi(data: Uint8Array, at: number): number | undefined {
  return ((data[at] ?? 0) & 0xf0) === 0x50 ? behindSnap(data, at + 13) : undefined;
}

/** Behind the header of radiotap, which says how long it is, and that of the frame. */
function behindRadio(data: Uint8Array): number | undefined {
  const size = (data[2] ?? 0) + (data[3] ?? 0) * 256;
  return size >= 8 ? behindWifi(data, size) : undefined;
}

function behindWifi(data: Uint8Array, at: number): number | undefined {
  if (((data[at] ?? 0) & 0x0c) !== 8) return undefined;
  return behindSnap(data, at + (((data[at + 1] ?? 0) & 3) === 3 ? 30 : 24));
}

/** Behind the protocol of PPP at `at`: 0x21 or 0x57. */
function isPppIp(data: Uint8Array, at: number): number | undefined {
  return u16(data, at) === 0x21 || u16(data, at) === 0x57 ? at + 2 : undefined;
}

function behindPpp(data: Uint8Array): number | undefined {
  const at = u16(data, 0) === 0xff03 ? 2 : 0;
  return data[at] === 0x21 || data[at] === 0x57 ? at + 1 : isPppIp(data, at);
}

/** Behind the four bytes of BSD's loopback, in the order of the machine that wrote them. */
function behindFamily(data: Uint8Array): number | undefined {
  const family = (data[0] ?? 0) + (data[1] ?? 0) * 256 || u16(data, 2);
  return [2, 24, 28, 30].includes(family) ? 4 : undefined;
}
