/** Gives Ethernet frames to the network stack of the host, through the device that the FromHost with the same name has opened. */
import { defineElement, push, text, type ControlHost, type ControlPart } from 'wirelet';
import { tapNamed } from './tap-device.js';

function giver(host: ControlHost<{ readonly devname: string }>): ControlPart {
  const { devname } = host.config;
  let drops = 0;
  return {
    handlers: { dev_name: { read: () => devname }, drops: { read: () => String(drops) } },
    process(packet) {
      const tap = tapNamed(devname);
      if (tap === undefined) drops += 1;
      else tap.send(packet.data());
      return host.verdict(undefined, packet);
    },
  };
}

export default defineElement({
  name: 'ToHost',
  config: { devname: text({ doc: 'The device of a FromHost.' }) },
  ports: { inputs: { in: push('Frames for the host.') } },
  control: { reason: 'gives frames to the host', start: giver },
});
