/** What `npm start` shows: the firewall of configs/, built, booted as a VM, and sent real traffic. */
import { mkdirSync, statSync } from 'node:fs';
import { outcomeText } from '../cli/show-outcome.js';
import { bytesText } from '../cli/text-table.js';
import { packageRoot } from '../package-root.js';
import { buildImage } from '../pipeline.js';
import { run } from '../run/run.js';
import { readPorts } from '../run/port-spec.js';
import { interfaceNames, openSubject } from '../run/subject.js';

const GRAPH = 'configs/firewall.yaml';
const TRAFFIC = 'configs/traffic/firewall';
const OUTPUT = 'build/tour';

async function tour(): Promise<void> {
  process.chdir(packageRoot);
  mkdirSync(OUTPUT, { recursive: true });
  const image = await buildImage(GRAPH);
  const way = image.cached ? 'from the cache' : 'TypeScript elements -> C -> an image that boots by itself';
  console.log(`${GRAPH}: ${image.manifest.elements.length} elements became ${bytesText(image.bytes)} of appliance in ${image.seconds.toFixed(2)} s (${way}).`);
  const { subject } = await openSubject(image.file);
  const files = ['lan', 'wan'].map((port) => [port, `pcap:in=${TRAFFIC}/${port}-in.pcap,out=${OUTPUT}/${port}-out.pcap`] as const);
  for (const [port] of files) console.log(`Real traffic for ${port}: ${TRAFFIC}/${port}-in.pcap`);
  const ports = readPorts(files.map(([port, specification]) => `${port}=${specification}`), interfaceNames(subject).map((name) => ({ name })));
  const outcome = await run(subject, { ports, untilIdle: true, onWarning: (message) => console.error(`warning: ${message}`) });
  console.log(`\n${outcomeText(outcome, { bytes: statSync(image.file).size })}\n`);
  for (const [port] of files) console.log(`What left by ${port}: ${OUTPUT}/${port}-out.pcap`);
  console.log(`
Next:
  npx wirelet explain ${GRAPH} --element outbound      its rules as TypeScript and as C
  npx wirelet studio ${GRAPH}                          the graph in a browser, drawn anew as you edit it
  npx wirelet run ${GRAPH} --port lan=gen:count=10M --port wan=null --until-idle
  npx wirelet new-element MyFilter my-appliance        an element of your own`);
}

try {
  await tour();
} catch (error) {
  const { fail } = await import('../cli/main.js');
  process.exitCode = await fail(error, false);
}
