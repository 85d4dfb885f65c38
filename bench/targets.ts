/** What each figure is to reach: nanoseconds a packet of 64 bytes, on one core of an EPYC at TARGET_GHZ or the like. */

/** Clock of the core that targets are for. Traffic that hits the caches takes as many cycles on a slower one, and more time. */
export const TARGET_GHZ = 2.6;

export interface Target {
  readonly hot: number;
  readonly cold?: number;
}

export const NATIVE_TARGETS: Readonly<Record<string, Target>> = {
  wire: { hot: 1.1 },
  'mac-swap': { hot: 2 },
  counters: { hot: 0.5 },
  'switch-1k': { hot: 9 },
  'switch-1m': { hot: 40 },
  'router-100': { hot: 8 },
  'router-100-unchecked': { hot: 5.5 },
  'router-100k': { hot: 12 },
  'router-1m': { hot: 40 },
  'firewall-20': { hot: 6 },
  'firewall-1000': { hot: 15 },
  'firewall-10000': { hot: 30 },
  'nat-10k': { hot: 15 },
  'nat-1m': { hot: 60 },
  'conntrack-100k': { hot: 22 },
  'virtio-crossing': { hot: 10 },
};

/** Packets a second through a VM, in millions: generator, virtio rings, one virtual processor, virtio rings, sink. */
export const VM_TARGETS: Readonly<Record<string, number>> = {
  wire: 25,
  'firewall-20': 8,
  'firewall-1000': 18,
  'nat-10k': 18,
};

/** Time of the generated C by that of C written by hand. */
export const RATIO_TARGET = 1.05;

/** Packets a second through a VM by those of DPDK's best bounce between two processors, in the same minute. */
export const BOUNCE_TARGET = 1.5;
