/** Sources of ready-made packets of many flows, which differ in their ports (Click's FastUDPFlows and FastTCPFlows). */
import { bool, integer, ipv4Address, macAddress, type Random } from 'wirelet';
import { premadeArguments } from './premade.js';

export const FLOWS_MAX = 65_536;
export const HEADERS_BYTES = 42;

export const flowArguments = {
  ...premadeArguments,
  srceth: macAddress({ doc: 'Source MAC address.' }),
  srcip: ipv4Address({ doc: 'Source address.' }),
  dsteth: macAddress({ doc: 'Destination MAC address.' }),
  dstip: ipv4Address({ doc: 'Destination address.' }),
  flows: integer({ min: 1, max: FLOWS_MAX, doc: 'Flows at a time.' }),
  flowsize: integer({ min: 1, max: 0xffff_ffff, doc: 'Packets of a flow; then another begins in its place.' }),
};

export const activeArgument = { active: bool({ default: true, doc: 'Whether it works.' }) };

/** A port that is not one of the system's (RFC 6335, 6). */
export function anyPort(random: Random): number {
  return 1024 + (random.u32() % 64_512);
}
