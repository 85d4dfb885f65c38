/** Arguments that all TCP elements have, and what they come to. */
import { bool, duration, integer } from 'wirelet';
import { HELD_MAX, type Parameters } from './connection.js';

export const TCP_ARGUMENTS = {
  mtu: integer({ default: 1500, min: 576, max: 1500, unit: 'bytes', keyword: true, doc: 'Longest IP packet to send and to ask for.' }),
  keepalive: duration({ default: 7200e6, keyword: true, doc: 'Silence after which the other side is asked whether it is there; 0: never.' }),
  time_wait: duration({ default: 60e6, keyword: true, doc: 'How long a connection that this side closed stays known; it gives way to new ones before.' }),
  min_rto: duration({ default: 200e3, keyword: true, doc: 'Shortest time after which a segment is sent again (RFC 6298 has a second, other implementations less).' }),
  ipv6: bool({ default: false, keyword: true, doc: 'Serve connections over IPv6, too.' }),
  refuse: bool({ default: true, keyword: true, doc: 'Answer what is refused with a RST; else it is only counted.' }),
};

interface Arguments {
  readonly mtu: number;
  readonly keepalive: number;
  readonly time_wait: number;
  readonly min_rto: number;
  readonly ipv6: boolean;
  readonly refuse: boolean;
  readonly held: number;
}

export function parametersOf(config: Arguments, connections: number, port: number, window: number): Parameters {
  let scale = 0;
  while (window / 2 ** scale > 0xffff) scale += 1;
  return {
    connections,
    port,
    mss: config.mtu - 40,
    window,
    scale,
    min_rto_us: config.min_rto,
    keepalive_us: config.keepalive,
    keepalive_interval_us: Math.max(1e6, Math.min(75e6, Math.trunc(config.keepalive / 10))),
    keepalive_probes: 9,
    time_wait_us: config.time_wait,
    half_open: Math.max(1, Math.trunc(connections / 4)),
    resets: config.refuse,
    held: Math.max(4, Math.min(HELD_MAX, Math.trunc(config.held / 4))),
    ipv6: config.ipv6,
  };
}
