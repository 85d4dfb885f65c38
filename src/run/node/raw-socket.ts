/** A raw IPv4 socket of this machine: packets of one protocol, with their IP headers. */
import { createRequire } from 'node:module';
import { closeSync, readSync } from 'node:fs';
import { nativeFile } from '../../native-files.js';

interface RawSockets {
  openRawSocket(protocol: number, port: number): [number, number];
  sendRaw(descriptor: number, packet: Uint8Array): boolean;
}

/** Bytes of the longest IPv4 packet. */
const PACKET_BYTES_MAX = 65_535;

export class RawSocketPort {
  private readonly addon = createRequire(import.meta.url)(nativeFile('wirelet.node')) as RawSockets;
  private readonly descriptor: number;
  /** Holds the port; negative: none. */
  private readonly holder: number;
  private readonly buffer = Buffer.alloc(PACKET_BYTES_MAX);

  /** `port`, of TCP or UDP, is taken on all addresses; 0: none. Throws an Error where that cannot be. */
  constructor(protocol: number, port: number) {
    [this.descriptor, this.holder] = this.addon.openRawSocket(protocol, port);
  }

  /** The next packet for the protocol; undefined: there is none now. */
  receive(): Uint8Array | undefined {
    try {
      return Uint8Array.from(this.buffer.subarray(0, readSync(this.descriptor, this.buffer)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
      throw error;
    }
  }

  /** Whether the packet, which begins with its IP header, was sent; false: there is no room now. Throws an Error for one that cannot be sent. */
  send(packet: Uint8Array): boolean {
    return this.addon.sendRaw(this.descriptor, packet);
  }

  close(): void {
    closeSync(this.descriptor);
    if (this.holder >= 0) closeSync(this.holder);
  }
}
