/** A record with a result of every method, of simulated devices: what reports are tested with. */
import type { Conditions } from '#src/measure/conditions.js';
import { conditions } from '#src/measure/conditions.js';
import { backToBack, latency, lossCurve, pacing, recovery, reset, soak, throughput } from '#src/measure/methods.js';
import type { BenchRecord, Result } from '#src/measure/record.js';
import { rowsOf } from '#src/measure/rows.js';
import { SimulatedDevice } from './simulated-device.js';

export const SPEED_SAMPLES = [100.5, 101.25, 99.75];

/** Conditions that no other machine has: what a report leaves out is missed. */
export const SAMPLE_CONDITIONS: Conditions = {
  ...conditions('process'), cpu: 'Sample CPU', mhz: 2345, cores: 6, usable_cores: 5, memory_gib: 77, kernel: '6.6.6-sample', commit: '0123456789abcdef0123456789abcdef01234567+', host_fingerprint: 'feedc0ffee123456',
};

export async function sampleRecord(): Promise<BenchRecord> {
  const device = new SimulatedDevice({ capacity: 5e6 });
  const full_speed = { conditions: SAMPLE_CONDITIONS, samples: SPEED_SAMPLES, median: 100.5, unit: 'ns/packet' as const, mpps: 9.95, ns_per_packet: 100.5, cycles_per_packet: null };
  const results: Result[] = [
    { frame_size: 64, full_speed, ...(await throughput(device, 1)) },
    { frame_size: 512, full_speed: { ...full_speed, mpps: 9 }, ...(await throughput(device, 1)) },
    { frame_size: 1518, ...(await throughput(device, 1)) },
    { frame_size: 64, method: 'full-speed', full_speed },
    { frame_size: 64, ...(await latency(device, 5e6, 0.1, 1)) },
    { frame_size: 64, ...(await lossCurve(device, 10e6, 0.1)) },
    { frame_size: 'imix', ...(await backToBack(device, 100_000, 2)) },
    { frame_size: 'captured', frame_bytes: 321.5, ...(await soak(new SimulatedDevice({ capacity: 1e6, buffer: 0, numbered: { reordered: 3, duplicated: 7, corrupted: 11 }, late_ns: 98_765 }), 2e6, 25)) },
    { frame_size: 64, ...(await reset(async () => 1234, 1e6, 2)) },
    { frame_size: 64, ...(await recovery(device, 5e6, 1, 2)) },
    { frame_size: 64, ...(await pacing(device, 0.01, 1)) },
    { frame_size: 64, ...(await throughput(new SimulatedDevice({ capacity: 0, buffer: 0 }), 1)) },
  ];
  return {
    format: 1, subject: 'a <b> & "c".yaml', conditions: SAMPLE_CONDITIONS,
    settings: {
      method: 'throughput', search: 'mlr', runs: 3, trial_seconds: 1, from: 'lan', traffic: 'UDP, 64 flows', forwarded: 1, fcs_bytes: 4, gap_bytes: 20,
      ring_size: 1024, batch_size: 32, generator: 'built in, of samples', maximum_pps: 20e6,
    },
    results, figures: rowsOf({ results }),
    samples: SPEED_SAMPLES, median: 100.5, unit: 'ns/packet', mpps: 9.95, ns_per_packet: 100.5, cycles_per_packet: null,
  };
}
