/** KernelTap and KernelTun, which differ in whether packets have Ethernet headers. */
import { bool, defineElement, formatIpv4, formatMac, integer, ipv4Address, ipv4Prefix, macAddress, many, push, text, type Prefix } from 'wirelet';
import { tapPart } from './tap-device.js';

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
      gateway: ipv4Address({ required: false, doc: 'The way to everything else.' }),
      tap: bool({ default: ethernet, keyword: true, doc: 'Whether packets have Ethernet headers.' }),
      headroom: integer({ default: 116, max: 116, keyword: true, doc: 'Accepted for compatibility.' }),
      burst: integer({ default: 1, min: 1, max: 1024, keyword: true, doc: 'Accepted for compatibility.' }),
      ether: macAddress({ default: 0x0001_0203_0405, keyword: true, doc: 'The MAC address of the host on the device.' }),
      ignore_queue_overflows: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: packets that the host has no room for are lost.' }),
      mtu: integer({ default: 1500, min: 68, max: 9200, keyword: true, doc: 'The MTU of the device.' }),
      devname: text({ default: '', keyword: true, doc: 'The name of the device.' }),
      dev_name: text({ default: '', keyword: true, doc: 'Another name of DEVNAME.' }),
    },
    ports: { inputs: many('Packets for the host.', { max: 1 }), outputs: push(many('Packets that the host sends.', { min: 1, max: 2, optional: true })) },
    endsLoops: 'What enters goes to the host; what leaves comes from it.',
    control: {
      reason: 'opens a device of the host',
      start(host) {
        const { addr, gateway, tap, ether, mtu, devname, dev_name: other } = host.config as Config;
        const device = devname || other || `wl${process.pid}`.slice(0, 15);
        const via = gateway === undefined ? undefined : formatIpv4(gateway);
        return tapPart(host, { device, address: `${formatIpv4(addr.address)}/${addr.length}`, mac: formatMac(ether), mtu, ...(via !== undefined && { gateway: via }), bare: !tap });
      },
    },
  });
}
