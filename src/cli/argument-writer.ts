/** Changes an argument of an appliance of a site: arguments are constants of its code, so that other code takes its place. */
import { failure } from '../diagnostics.js';
import { interfaceAddresses } from '../graph/flat-configuration.js';
import { HandlerError } from '../kit/element.js';
import { Router } from '../run/click/router.js';
import { graphOfText } from '../run/control/image-graph.js';
import type { ControlClient, Refused } from '../run/control/control-client.js';
import { Engine } from '../run/node/engine.js';
import { askFigures, askRack } from '../site/rack-client.js';
import type { SwapReport } from '../site/swap.js';

/** Has an appliance with the argument that the handler sets take the place of the one that refused it. Fails when that is none of a site, or when it does not fit. */
export async function writeArgument(client: ControlClient, refused: Refused, vm: string, handler: string, value: string, elementFolders: readonly string[]): Promise<SwapReport> {
  await refuseOthers(vm, refused);
  const { graph: file } = JSON.parse(String(await client.read('appliance'))) as { graph: string };
  const text = await changedConfiguration(String(await client.read('configuration')), file, `${handler} ${value}`, elementFolders);
  return (await askRack({ command: 'swap', name: vm, file, text, set: {}, elements: elementFolders, fresh: false })) as SwapReport;
}

/** Others than those of a site have nobody who would hold their frames meanwhile. */
async function refuseOthers(vm: string, refused: Refused): Promise<void> {
  const known = await askFigures().then(({ appliances }) => appliances.some(({ name }) => name === vm), () => false);
  if (known) return;
  throw failure('WL4146', `${vm}: ${refused.message.split(': ')[0]}`, `Of an appliance of a site (wirelet up) another one takes the place. Else: wirelet snapshot ${vm} FILE, end it, and run the graph with the other argument with --from-snapshot FILE; or run it with --vmm node.`);
}

/** The configuration as it is after that write, which the elements themselves decide. Fails with WL4146 when the elements refuse it. */
async function changedConfiguration(text: string, file: string, call: string, elementFolders: readonly string[]): Promise<string> {
  const graph = await graphOfText(text, file, elementFolders);
  const quiet = () => undefined;
  const engine = new Engine(graph, { seed: 1, microseconds: 0, transmit: quiet, log: quiet });
  const router = new Router(graph, engine, { seed: 1, print: quiet, report: quiet });
  try {
    router.write(call);
  } catch (error) {
    if (error instanceof HandlerError) throw failure('WL4146', error.message, 'Its elements take another value, or have other arguments than it seems.');
    throw error;
  }
  return interfaceAddresses(graph) + router.flatConfiguration();
}
