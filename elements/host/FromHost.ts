/**
 * Receives the Ethernet frames that the host sends through a tap device of that name, which it opens: `FromHost(fake0, 192.0.2.1/24) -> ...`. A ToHost with the
 * same name gives frames back. It needs the rights to make devices.
 */
import { defineElement, formatIpv4, formatMac, integer, ipv4Address, ipv4Prefix, macAddress, push, string, type Prefix } from 'wirelet';
import { tapPart } from './tap-device.js';

const HEADROOM_MAX = 8192;

interface Config {
  readonly devname: string;
  readonly dst: Prefix | undefined;
  readonly gateway: number | undefined;
  readonly ether: number;
  readonly mtu: number;
}

export default defineElement({
  name: 'FromHost',
  config: {
    devname: string({ doc: 'The name of the device.' }),
    dst: ipv4Prefix({ required: false, doc: 'The address and network of the host on the device.' }),
    gateway: ipv4Address({ required: false, keyword: true, doc: 'The way to everything else.' }),
    ether: macAddress({ default: 0x0001_0203_0405, keyword: true, doc: 'The MAC address of the host on the device.' }),
    headroom: integer({ default: 116, max: 0xffff_ffff, keyword: true, doc: 'Accepted for compatibility.' }),
    mtu: integer({ default: 1500, min: 68, max: 9200, keyword: true, doc: 'The MTU of the device.' }),
  },
  ports: { outputs: { out: push('Frames that the host sends.') } },
  build({ config: { devname, dst, gateway, headroom }, fail }) {
    if (dst !== undefined && gateway !== undefined && (gateway & dst.mask) >>> 0 !== (dst.address & dst.mask) >>> 0) return fail('the gateway is not in the network of the device', undefined, 'bad GATEWAY');
    if (devname === '') return fail('the device has no name', undefined, 'must specify device name');
    if (headroom > HEADROOM_MAX) return fail(`HEADROOM is more than ${HEADROOM_MAX} bytes`, undefined, 'HEADROOM too large');
    return undefined;
  },
  control: {
    reason: 'opens a device of the host',
    start(host) {
      const { devname, dst, gateway, ether, mtu } = host.config as Config;
      return tapPart(host, {
        device: devname,
        mac: formatMac(ether),
        mtu,
        bare: false,
        ...(dst !== undefined && { address: `${formatIpv4(dst.address)}/${dst.length}` }),
        ...(gateway !== undefined && { gateway: formatIpv4(gateway) }),
      });
    },
  },
});
