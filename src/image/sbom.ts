/** The bill of materials of an image, in CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/). No times: the same input gives the same bytes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CheckedGraph } from '../graph/graph.js';
import type { Toolchain } from './toolchain.js';

export function billOfMaterials(graph: CheckedGraph, wirelet: string, tool: Toolchain): object {
  const classes = new Map(graph.instances.map((instance) => [instance.class.name, instance.classFile]));
  const elements = [...classes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, file]) => ({
    type: 'file',
    name,
    'bom-ref': `element:${name}`,
    hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(readFileSync(file)).digest('hex') }],
  }));
  const runtime = { type: 'framework', name: 'wirelet', version: wirelet, 'bom-ref': 'wirelet', purl: `pkg:npm/wirelet@${wirelet}` };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: { type: 'firmware', name: graph.name, version: graph.version, 'bom-ref': 'appliance' },
      tools: { components: [{ type: 'application', name: tool.kind, version: tool.version }] },
    },
    components: [runtime, ...elements],
    dependencies: [{ ref: 'appliance', dependsOn: ['wirelet', ...elements.map((element) => element['bom-ref'])] }],
  };
}
