/** A line to the serial port of a virtual machine: a socket of its VMM, or a terminal. Bytes come and go while the caller waits. */
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { failure } from '../../diagnostics.js';
import { nativeFile } from '../../native-files.js';

/** native/addon/wl_serial_line.h */
interface Addon {
  openSerialLine(where: string, portOrSocket: number | boolean): number;
  sendSerial(descriptor: number, bytes: Uint8Array, milliseconds: number): boolean;
  receiveSerial(descriptor: number, milliseconds: number): Buffer | undefined;
}

let addon: Addon | undefined;

export type SerialAddress = { readonly shown: string; readonly path: string; readonly socket: boolean } | { readonly shown: string; readonly host: string; readonly port: number };

/** `unix:PATH`, `tcp:HOST:PORT`, or the path of a terminal. Fails with WL4170. */
export function readSerialAddress(shown: string): SerialAddress {
  if (shown.startsWith('unix:') && shown.length > 5) return { shown, path: shown.slice(5), socket: true };
  const [, host, digits] = /^tcp:(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(shown) ?? [];
  if (host !== undefined && Number(digits) > 0 && Number(digits) <= 65_535) return { shown, host: host.replace(/^\[|\]$/g, ''), port: Number(digits) };
  if (shown.startsWith('/')) return { shown, path: shown, socket: false };
  throw failure('WL4170', `--serial ${shown} is no serial port`, 'Write --serial unix:PATH for a socket, --serial tcp:HOST:PORT, or the path of a terminal such as /dev/pts/3.');
}

/** Why a line cannot be opened, in the system's words. */
export class LineClosed extends Error {}

export class SerialLine {
  private open = true;

  private constructor(private readonly descriptor: number) {}

  /** Throws LineClosed. */
  static open(address: SerialAddress): SerialLine {
    addon ??= createRequire(import.meta.url)(nativeFile('wirelet.node')) as Addon;
    try {
      return new SerialLine('path' in address ? addon.openSerialLine(address.path, address.socket) : addon.openSerialLine(address.host, address.port));
    } catch (error) {
      throw new LineClosed((error as Error).message);
    }
  }

  /** Throws LineClosed when the bytes are not on their way in so many milliseconds. */
  send(bytes: Uint8Array, milliseconds: number): void {
    if (this.open && addon!.sendSerial(this.descriptor, bytes, milliseconds)) return;
    throw new LineClosed('it takes no bytes');
  }

  /** What has come; empty if nothing did in so many milliseconds. Throws LineClosed when the other end is gone. */
  receive(milliseconds: number): Buffer {
    const bytes = this.open ? addon!.receiveSerial(this.descriptor, milliseconds) : undefined;
    if (bytes === undefined) throw new LineClosed('its other end is gone');
    return bytes;
  }

  close(): void {
    if (this.open) closeSync(this.descriptor);
    this.open = false;
  }
}
