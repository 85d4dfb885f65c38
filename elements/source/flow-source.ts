/** Sources of ready-made packets of many flows, which differ in their ports (Click's FastUDPFlows and FastTCPFlows). */
import { bool, flag, integer, ipv4Address, macAddress, register, type Random } from 'wirelet';
import { LIMIT_MAX, RATE_MAX } from './premade.js';

export const FLOWS_MAX = 65_536;
export const HEADERS_BYTES = 42;

export const flowArguments = {
  rate: integer({ min: 0, max: RATE_MAX, doc: 'Packets in a second; 0: as many as are pulled.' }),
  limit: integer({ min: -1, max: LIMIT_MAX, doc: 'Packets in all; -1: no limit.' }),
  length: integer({ max: 1500, doc: 'Bytes of each frame, 60 at least.' }),
  srceth: macAddress({ doc: 'Source MAC address.' }),
  srcip: ipv4Address({ doc: 'Source address.' }),
  dsteth: macAddress({ doc: 'Destination MAC address.' }),
  dstip: ipv4Address({ doc: 'Destination address.' }),
  flows: integer({ min: 1, max: FLOWS_MAX, doc: 'Flows at a time.' }),
  flowsize: integer({ min: 1, max: 0xffff_ffff, doc: 'Packets of a flow; then another begins in its place.' }),
};

export const activeArgument = { active: bool({ default: true, doc: 'Whether it works.' }) };

export function flowState(config: { limit: number; rate: number; active: boolean }) {
  return {
    made: register('u32'),
    limit: register({ low: -1, high: LIMIT_MAX }, config.limit),
    rate: register({ low: 0, high: RATE_MAX }, config.rate),
    begin_us: register('u53'),
    end_us: register('u53'),
    active: flag(config.active),
  };
}

/** A port that is not one of the system's (RFC 6335, 6). */
export function anyPort(random: Random): number {
  return 1024 + (random.u32() % 64_512);
}
