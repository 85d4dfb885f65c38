/** Ethernet addresses in lines that elements print. */
import { ethernet, type Log, type Packet } from 'wirelet';

/** An address. */
export function logMac(log: Log, value: number): void {
  let rest = value;
  let unit = 1_099_511_627_776;
  for (let index = 0; index < 6; index += 1) {
    if (index > 0) log.text('-');
    log.hexadecimal(Math.trunc(rest / unit), 2);
    rest = rest % unit;
    unit = Math.max(1, Math.trunc(unit / 256));
  }
}

/** `SOURCE > DESTINATION: ` of the frame whose packet begins at `begin`, if its header is there. */
export function logFrameAddresses(log: Log, packet: Packet, begin: number): void {
  if (begin < ethernet.size) return;
  const frame = ethernet.atOffset(packet, begin - ethernet.size);
  logMac(log, frame.source);
  log.text(' > ');
  logMac(log, frame.destination);
  log.text(': ');
}
