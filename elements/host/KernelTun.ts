/**
 * Exchanges IP packets with the network stack of the host, through a device that it opens: `KernelTun(192.0.2.1/24)`. What enters goes to the host, what the
 * host sends leaves. It needs the rights to make devices.
 *
 * The device is a tap without ARP, whose Ethernet headers it takes off and puts on.
 */
import { kernelTap } from './kernel-tap.js';

export default kernelTap('KernelTun', false);
