/** A configuration that has begun, and all that it holds. */
import type { Chatter } from './chatter.js';
import type { Devices } from './devices.js';
import type { Router } from './router.js';

export class ConfigurationAtWork {
  private isReleased = false;

  constructor(
    /** How messages name it. */
    readonly title: string,
    readonly router: Router,
    readonly devices: Devices,
    private readonly chatter: Chatter,
  ) {}

  /** Goes on in the place of `before`: with its files, sockets and devices, then, when it is gone, with what its elements know. */
  takeThePlaceOf(before: ConfigurationAtWork): void {
    this.router.takeOffers();
    this.devices.takeOver(before.devices);
    before.release();
    this.router.takeOver(before.router);
  }

  /** Gives back what it holds. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.router.close();
    this.devices.close();
    this.chatter.close();
  }
}
