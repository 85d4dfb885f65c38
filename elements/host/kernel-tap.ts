/** KernelTap and KernelTun, which differ in whether packets have Ethernet headers. */
import { bool, defineElement, formatIpv4, formatMac, integer, ipv4Address, ipv4Prefix, macAddress, many, push, text, type Prefix } from 'wirelet';
import { tapPart } from './tap-device.js';

const IP_HEADER_BYTES = 20;
const MTU_MAX = 9200;
const HEADROOM_MAX = 8192;

interface Config {
  readonly addr: Prefix;
  readonly gateway: number | undefined;
  readonly tap: boolean;
  readonly ether: number;
  readonly mtu: number;
  readonly devname: string;
  readonly dev_name: string;
}

export function kernelTap(name: string, ethernet: boolean) {
  return defineElement({
    name,
    config: {
      addr: ipv4Prefix({ doc: 'The address and network of the host on the device.' }),
      gateway: ipv4Address({ required: false, doc: 'The way to everything else, within the network.' }),
      tap: bool({ default: ethernet, keyword: true, doc: 'Whether packets have Ethernet headers.' }),
      headroom: integer({ default: 116, max: 0xffff_ffff, keyword: true, doc: 'Accepted for compatibility.' }),
      burst: integer({ default: 1, max: 0xffff_ffff, keyword: true, doc: 'Accepted for compatibility.' }),
      ether: macAddress({ default: 0x0001_0203_0405, keyword: true, doc: 'The MAC address of the host on the device.' }),
      ignore_queue_overflows: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: packets that the host has no room for are lost.' }),
      mtu: integer({ default: 1500, min: -0x8000_0000, max: 0x7fff_ffff, keyword: true, doc: 'The MTU of the device, in bytes, 9200 at most; longer packets do not go to the host.' }),
      devname: text({ default: '', keyword: true, doc: 'The name of the device.' }),
      dev_name: text({ default: '', keyword: true, doc: 'Another name of DEVNAME.' }),
    },
    ports: { inputs: many('Packets for the host.', { max: 1 }), outputs: push(many('Packets that the host sends.', { min: 1, max: 2, optional: true })) },
    endsLoops: 'What enters goes to the host; what leaves comes from it.',
    build({ config: { addr, gateway, burst, mtu, headroom }, fail }) {
      if (gateway !== undefined && (gateway & addr.mask) >>> 0 !== (addr.address & addr.mask) >>> 0) return fail('the gateway is not in the network of the device', undefined, 'bad GATEWAY');
      if (burst < 1) return fail('BURST is less than 1', undefined, 'BURST must be >= 1');
      if (mtu < IP_HEADER_BYTES) return fail(`the MTU is less than the ${IP_HEADER_BYTES} bytes of a header`, undefined, `MTU must be greater than ${IP_HEADER_BYTES}`);
      if (mtu > MTU_MAX) return fail(`the MTU is more than ${MTU_MAX} bytes`);
      if (headroom > HEADROOM_MAX) return fail(`HEADROOM is more than ${HEADROOM_MAX} bytes`, undefined, 'HEADROOM too big');
      return undefined;
    },
    control: {
      reason: 'opens a device of the host',
      start(host) {
        const { addr, gateway, tap, ether, mtu, devname, dev_name: other } = host.config as Config;
        const device = devname || other || `wl${process.pid}`.slice(0, 15);
        const via = gateway === undefined ? undefined : formatIpv4(gateway);
        return tapPart(host, { device, address: `${formatIpv4(addr.address)}/${addr.length}`, mac: formatMac(ether), mtu, ...(via !== undefined && { gateway: via }), bare: !tap, largest: mtu });
      },
    },
  });
}
