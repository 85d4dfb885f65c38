/** Rule sets of given sizes, for measuring: the same for the same number. */
import { Dice } from '../differential/element-fuzz.js';

/**
 * Rules in IPFilter's language, the last one `allow all`: one in three for TCP, the others for UDP; source
 * networks of 16 or 24 bits, destinations of 32 or 24 bits, single ports or a thousand of them.
 */
export function firewallRules(count: number, seed = 1): string[] {
  const dice = new Dice(seed);
  const byte = () => dice.below(256);
  const rules = Array.from({ length: count - 1 }, (_, index) => {
    const protocol = index % 3 === 0 ? 'tcp' : 'udp';
    const source = index % 2 === 0 ? `10.${byte()}.0.0/16` : `10.${byte()}.${byte()}.0/24`;
    const destination = index % 4 === 0 ? `192.168.${byte()}.0/24` : `192.168.${byte()}.${byte()}`;
    const port = dice.below(60_000);
    const ports = index % 5 === 0 ? `dst port >= ${port} and dst port <= ${port + 1000}` : `dst port ${port}`;
    const action = index % 7 === 0 ? 'allow' : 'deny';
    return `${action} src net ${source} and dst ${index % 4 === 0 ? 'net' : 'host'} ${destination} and ${protocol} and ${ports}`;
  });
  return [...rules, 'allow all'];
}

/** Twenty rules as one would write them for a small network. */
export const SMALL_FIREWALL: readonly string[] = [
  'deny ip frag', 'deny src net 192.168.0.0/16', 'deny dst net 127.0.0.0/8', 'deny src net 0.0.0.0/8',
  'allow dst host 10.0.0.10 and tcp and dst port 80 or 443', 'allow dst host 10.0.0.11 and tcp and dst port 25 or 587',
  'allow dst host 10.0.0.53 and dst port 53', 'deny tcp and dst port 23', 'deny dst port 135 or 137 or 138 or 139 or 445',
  'allow icmp type echo', 'allow icmp type echo-reply', 'allow icmp type unreachable', 'deny icmp',
  'allow src net 10.1.0.0/16 and tcp and dst port 22', 'deny tcp and dst port 22',
  'allow tcp and src port 80 or 443 and dst port > 1023 and ack', 'allow udp and src port 53 and dst port > 1023',
  'allow udp and src port 123 and dst port 123', 'allow tcp opt ack and dst port > 1023', 'deny all',
];
