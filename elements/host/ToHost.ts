/** Gives Ethernet frames to the network stack of the host, through the device that the FromHost with the same name has opened. */
import { defineElement, push, string, systemMessage, type ControlHost, type ControlPart } from 'wirelet';
import { tapNamed } from './tap-device.js';

const HEADER_BYTES = 14;

function giver(host: ControlHost<{ readonly devname: string }>): ControlPart {
  const { devname } = host.config;
  let drops = 0;
  let hasFailed = false;
  return {
    begin: () => (tapNamed(devname) === undefined ? `ToHost(${devname}) requires an initialized FromHost with the same dev_name` : undefined),
    handlers: { dev_name: { read: () => devname }, drops: { read: () => String(drops) } },
    process(packet) {
      if (packet.length < HEADER_BYTES) {
        host.message('ToHost: packet too small');
        return host.verdict(undefined, packet);
      }
      try {
        tapNamed(devname)?.send(packet.data());
      } catch (error) {
        drops += 1;
        if (!hasFailed) host.message(`ToHost(${devname}): write failed: ${systemMessage(error as NodeJS.ErrnoException)}`);
        hasFailed = true;
      }
      return host.verdict(undefined, packet);
    },
  };
}

export default defineElement({
  name: 'ToHost',
  config: { devname: string({ doc: 'The device of a FromHost.' }) },
  ports: { inputs: { in: push('Frames for the host.') } },
  // The device must be there before.
  control: { reason: 'gives frames to the host', phase: 1, start: giver },
});
