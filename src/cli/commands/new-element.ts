import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { failure } from '../../diagnostics.js';
import { builtInElements } from '../../graph/element-index.js';
import { makeFolder } from '../file-problem.js';
import { shellWord } from '../../shell-word.js';
import type { Command } from '../command.js';

export const command: Command = {
  usage: 'NAME [DIR]',
  summary: 'Writes an element of your own that works, and a graph that uses it.',
  options: {},
  positionals: [1, 2],
  async run(call) {
    const [name, folder = '.'] = call.positionals as [string, string?];
    if (!/^[A-Z][A-Za-z0-9]{0,62}$/.test(name)) {
      throw failure('WL1393', `"${name}" cannot be the name of an element class`, 'A class begins with a capital and has letters and digits, such as MyCounter.');
    }
    if (builtInElements().some((element) => element.name === name)) throw failure('WL1224', `${name} is an element that is built in`, 'Choose another name.');
    const element = path.join(folder, 'elements', `${name}.ts`);
    const graph = path.join(folder, `${name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()}.yaml`);
    for (const file of [element, graph]) if (existsSync(file)) throw failure('WL1394', `${file} is there already`, 'Choose another name or folder.');
    makeFolder(path.dirname(element));
    writeFileSync(element, elementText(name));
    writeFileSync(graph, graphText(name));
    call.print(
      `${element}\n${graph}\n\nNext:\n  wirelet check ${shellWord(graph)}      is it right, and do its examples hold?\n  wirelet docs ${name} --elements ${shellWord(path.dirname(element))}\n  wirelet run ${shellWord(graph)} --port lan=gen:count=1000 --until-idle`,
      { files: [element, graph] },
    );
    return 0;
  },
};

function elementText(name: string): string {
  return `/**
 * Passes IPv4 packets that have at least so many hops left, and drops the others.
 *
 * Its packets must have their IP header marked: put a CheckIPHeader before it.
 */
import { defineElement, drop, example, integer, ipv4 } from 'wirelet';

export default defineElement({
  name: '${name}',
  config: { hops: integer({ min: 1, max: 255, default: 2, doc: 'The fewest hops that a packet must have left.' }) },
  ports: {
    inputs: { in: 'IPv4 packets with a checked header.' },
    outputs: { out: 'Packets with hops enough.' },
  },
  drops: { too_far: 'The packet had too few hops left.' },
  process(packet, { config, outputs }) {
    const header = ipv4.at(packet);
    if (header.ttl < config.hops) return drop('too_far');
    return outputs.out;
  },
  examples: [
    example('passes a fresh packet', ipv4.make({ ttl: 64 }), { out: ipv4.make({ ttl: 64 }) }),
    example('drops a packet on its last hop', ipv4.make({ ttl: 1 }), { drop: 'too_far' }),
  ],
});
`;
}

function graphText(name: string): string {
  return `# An appliance around ${name}: frames that come in at lan leave at wan, if ${name} lets them pass.
interfaces: [lan, wan]
elements: elements/
graph: |
  lan -> Strip(14) -> CheckIPHeader -> own :: ${name} -> Unstrip(14) -> wan
  wan -> lan
`;
}
