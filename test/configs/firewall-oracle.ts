/** configs/firewall.yaml, decided by hand: what the text of its rules says, rule by rule, in the same order. */
import { ARP_TYPE, etherType, ETHERNET_BYTES, address, ICMP, Ipv4View, IP_TYPE, soundIpv4, TCP, UDP, within } from './frame.js';
import type { Arrival, Departures } from './traffic.js';

const OFFICE = '192.0.2.0/24';
const ADMINS = '192.0.2.0/28';
const HEAD_OFFICE = '198.51.100.0/28';
const WEB_SERVER = address('192.0.2.80');
const RESOLVER = address('198.51.100.53');
const SPEED_TEST = address('198.51.100.99');

const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const ECHO = 8;
const TIME_EXCEEDED = 11;
const ACK = 0x10;

export function firewall(arrivals: readonly Arrival[]): Departures {
  const out: Departures = { lan: [], wan: [] };
  for (const { port, bytes } of arrivals) {
    const passed = pass(port, bytes);
    if (passed !== undefined) out[port === 'lan' ? 'wan' : 'lan']!.push({ bytes: passed });
  }
  return out;
}

/** The frame as it leaves on the other side; undefined: it does not. */
function pass(port: string, frame: Buffer): Buffer | undefined {
  if (etherType(frame) === ARP_TYPE) return frame;
  if (etherType(frame) !== IP_TYPE) return undefined;
  const packet = soundIpv4(frame);
  if (packet === undefined) return undefined;
  const view = new Ipv4View(packet);
  if (!(port === 'lan' ? mayLeave(view) : mayEnter(view))) return undefined;
  return frame.subarray(0, ETHERNET_BYTES + packet.length);
}

function mayLeave(view: Ipv4View): boolean {
  const { source, destination } = view;
  if (!within(source, OFFICE)) return false;
  if (view.isFragment) return false;
  if (isEstablished(view)) return true;
  if (destination === RESOLVER && (view.destinationPort(UDP) === 53 || view.destinationPort(TCP) === 53)) return true;
  if (isOneOf(view.destinationPort(TCP), 80, 443)) return true;
  if (isOneOf(view.destinationPort(UDP), 443, 123)) return true;
  if (within(source, ADMINS) && view.destinationPort(TCP) === 22) return true;
  if (within(source, ADMINS) && destination === SPEED_TEST && (view.destinationPort(TCP) === 5201 || view.destinationPort(UDP) === 5201)) return true;
  return isSmallEcho(view) || isIcmpAnswer(view);
}

function mayEnter(view: Ipv4View): boolean {
  const { source, destination } = view;
  if (within(source, OFFICE)) return false;
  for (const network of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3']) {
    if (within(source, network)) return false;
  }
  if (view.isFragment) return false;
  if (!within(destination, OFFICE)) return false;
  if (isEstablished(view)) return true;
  if (source === RESOLVER && view.sourcePort(UDP) === 53) return true;
  if (isOneOf(view.sourcePort(UDP), 443, 123)) return true;
  if (source === SPEED_TEST && view.sourcePort(UDP) === 5201 && within(destination, ADMINS)) return true;
  if (destination === WEB_SERVER && isOneOf(view.destinationPort(TCP), 80, 443)) return true;
  if (within(source, HEAD_OFFICE) && view.destinationPort(TCP) === 22) return true;
  return (destination === WEB_SERVER && isSmallEcho(view)) || isIcmpAnswer(view);
}

function isEstablished({ tcpFlags }: Ipv4View): boolean {
  return tcpFlags !== undefined && (tcpFlags & ACK) !== 0;
}

function isSmallEcho(view: Ipv4View): boolean {
  return view.protocol === ICMP && view.icmpType === ECHO && view.totalLength <= 128;
}

function isIcmpAnswer({ icmpType }: Ipv4View): boolean {
  return isOneOf(icmpType, ECHO_REPLY, UNREACHABLE, TIME_EXCEEDED);
}

function isOneOf(value: number | undefined, ...wanted: number[]): boolean {
  return value !== undefined && wanted.includes(value);
}
