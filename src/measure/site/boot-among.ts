/** How fast one more appliance starts on a machine where many others run already. */
import { measureBoot, type BootMeasurement, type BootOptions } from '../boot.js';
import { BenchSite } from './bench-site.js';
import { densitySite } from './density.js';

export interface BootAmongMeasurement extends BootMeasurement {
  /** How many firewalls run, without traffic, while it starts. */
  readonly others: number;
  /** The same starts before the others were there. */
  readonly alone: Pick<BootMeasurement, 'samples' | 'median' | 'p99' | 'parts'>;
  /** Medians: with the others by alone. */
  readonly ratio: number;
}

export async function measureBootAmong(others: number, options: BootOptions): Promise<BootAmongMeasurement> {
  const alone = await measureBoot(options);
  options.onProgress?.(`starting ${others} others ...`);
  const site = await BenchSite.start(densitySite(others));
  try {
    const among = await measureBoot(options);
    const { samples, median, p99, parts } = alone;
    return { ...among, others, alone: { samples, median, p99, parts }, ratio: among.median / median };
  } finally {
    await site.stop();
  }
}
