/** An appliance that can be reached while it runs: by its name, and at an address. */
import type { ControlPart } from '../../kit/control.js';
import { removeFile } from '../remove-file.js';
import type { Appliance } from './appliance.js';
import { openControlSocket, readControlAddress, type ControlAddress } from './control-socket.js';
import { register, unregister, type Registered } from './run-folder.js';

export class ServedAppliance {
  private readonly registered: Registered | undefined;
  private readonly address: ControlAddress | undefined;
  private readonly sockets: ControlPart[] = [];
  private closed = false;
  /** Also when the process ends at once. */
  private readonly forget = () => {
    if (this.registered !== undefined) unregister(this.registered);
  };

  /** Takes the name, if there is one. Throws diagnostics when it is taken, or the address is none. */
  constructor(name: string | undefined, address: string | undefined) {
    this.address = address === undefined ? undefined : readControlAddress(address);
    this.registered = name === undefined ? undefined : register(name);
    process.once('exit', this.forget);
  }

  /** Whether anybody can reach it. */
  get wanted(): boolean {
    return this.registered !== undefined || this.address !== undefined;
  }

  /** Where it can be reached from now on, in words; one that was served before is not any more. Throws diagnostics when a socket cannot be opened. */
  async serve(appliance: Appliance): Promise<string[]> {
    this.withdraw();
    const addresses = [...(this.registered === undefined ? [] : [{ path: this.registered.socket }]), ...(this.address === undefined ? [] : [this.address])];
    const places: string[] = [];
    for (const address of addresses) {
      const socket = await openControlSocket(appliance, address);
      places.push('path' in address ? address.path : `${address.host}:${socket.handlers!['port']!.read!('')}`);
      if (this.closed) socket.close?.();
      else this.sockets.push(socket);
    }
    return places;
  }

  /** The name stays taken, and nobody answers to it. */
  withdraw(): void {
    for (const socket of this.sockets.splice(0)) socket.close?.();
    if (this.registered !== undefined) removeFile(this.registered.socket);
  }

  close(): void {
    this.closed = true;
    this.withdraw();
    process.removeListener('exit', this.forget);
    this.forget();
  }
}
