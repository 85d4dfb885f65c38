/**
 * Exchanges Ethernet frames with the network stack of the host, through a tap device that it opens: `KernelTap(192.0.2.1/24)`. What enters goes to the host, what
 * the host sends leaves. It needs the rights to make devices.
 */
import { kernelTap } from './kernel-tap.js';

export default kernelTap('KernelTap', true);
