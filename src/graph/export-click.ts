/** A graph in Click's notation: compounds taken apart, parameters replaced, addresses of interfaces by AddressInfo. */
import type { Diagnostics } from '../diagnostics.js';
import { formatIpv4, formatMac } from '../kit/address.js';
import { flatten } from './flatten.js';
import type { CheckedGraph, Graph } from './graph.js';

export async function exportClick(graph: Graph, checked: CheckedGraph, set: ReadonlyMap<string, string>, diagnostics: Diagnostics): Promise<string> {
  const flat = await flatten(graph, set, diagnostics);
  const addresses = checked.interfaces.flatMap(({ name, mac, address, prefixLength }) => {
    const ip = address === undefined ? '' : ` ${formatIpv4(address)}${prefixLength === undefined ? '' : `/${prefixLength}`}`;
    return [`${name}${ip} ${formatMac(mac)}`];
  });
  const information = addresses.length > 0 ? `AddressInfo(${addresses.join(', ')});\n` : '';
  return `// ${checked.name}\n${information}${flat?.text ?? ''}`;
}
