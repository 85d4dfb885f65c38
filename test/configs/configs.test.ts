/**
 * The appliances of configs/, run by the reference engine on the captures shipped with them and on hostile
 * variants of these, against oracles written by hand.
 *
 * WIRELET_UPDATE=1 rewrites configs/expected. WIRELET_SEED=N adds a seed of hostile traffic.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { formatDiagnostic } from '#src/diagnostics.js';
import { tryLoadGraph } from '#src/graph/load.js';
import { differences, expectedOutput, resultText } from './expected.js';
import { hostile } from './mutate.js';
import { runConfig } from './run-config.js';
import { configFile, FORWARDERS, keptResult, keptResultFile, shippedArrivals, type ForwarderName } from './traffic.js';

const SEEDS = [...Array.from({ length: 20 }, (_, index) => index + 1), ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];

for (const config of FORWARDERS) {
  await t.test(`configs/expected/${config}.json says what the oracle says`, (t) => {
    const text = resultText(config);
    if (process.env.WIRELET_UPDATE === '1') {
      mkdirSync(path.dirname(keptResultFile(config)), { recursive: true });
      writeFileSync(keptResultFile(config), text);
    }
    t.equal(text, keptResult(config), 'after new captures: WIRELET_UPDATE=1 npm test -- configs');
    t.end();
  });

  await t.test(`${config} does to the shipped captures what it must`, async (t) => {
    const { diagnostics, checked } = await tryLoadGraph(configFile(config));
    t.same(diagnostics.map(formatDiagnostic), [], `${config}.yaml is without errors and warnings`);
    if (checked === undefined) return;
    const { frames, outcome } = await runConfig(config, 'node');
    t.same(differences(expectedOutput(config), frames), []);
    accountFor(t, config, outcome.ports, frames);
  });

  for (const seed of SEEDS) {
    await t.test(`${config} does to hostile traffic what it must (WIRELET_SEED=${seed})`, async (t) => {
      const { checked } = await tryLoadGraph(configFile(config));
      if (checked === undefined) return t.fail(`${config}.yaml has errors`);
      const arrivals = hostile(config, shippedArrivals(config), seed);
      const { frames } = await runConfig(config, 'node', arrivals);
      t.same(differences(expectedOutput(config, arrivals), frames), []);
    });
  }
}

/** The run's own figures agree with the captures. */
function accountFor(t: Test, config: ForwarderName, ports: Record<string, { rx_packets: number; tx_packets: number; drops: number }>, frames: Record<string, Buffer[]>): void {
  for (const [port, figures] of Object.entries(ports)) {
    const arrived = shippedArrivals(config).filter((arrival) => arrival.port === port).length;
    t.equal(figures.rx_packets, arrived, `${port} took every frame of its capture`);
    t.equal(figures.tx_packets, frames[port]!.length, `${port} counted every frame it sent`);
    t.equal(figures.drops, 0, `${port} lost none`);
  }
}
