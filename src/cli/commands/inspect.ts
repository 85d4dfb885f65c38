import { openImage } from '../../image/image.js';
import { type Command } from '../command.js';
import { bytesText, grouped, textTable } from '../text-table.js';

export const command: Command = {
  usage: 'IMAGE',
  summary: 'Shows what an image says about itself.',
  options: {},
  positionals: [1, 1],
  async run(call) {
    const { internals: _, ...manifest } = openImage(call.positionals[0]!).manifest;
    const text = () => [
      `${manifest.name} ${manifest.version}, for ${manifest.target === 'vm' ? 'a VM' : 'a host process'}, by Wirelet ${manifest.wirelet}`,
      `graph      ${manifest.graph_sha256}`,
      `memory     ${bytesText(manifest.memory_bytes)}`,
      `limits     ${Object.entries(manifest.limits).map(([name, value]) => `${name} ${grouped(value)}`).join(', ')}`,
      '',
      textTable([{ title: 'interface' }, { title: 'mac' }, { title: 'address' }], manifest.interfaces.map(({ name, mac, address }) => [name, mac, address ?? ''])),
      '',
      textTable([{ title: 'element' }, { title: 'class' }, { title: 'arguments' }], manifest.elements.map(({ name, class: type, config }) => [name, type, config.length > 60 ? `${config.slice(0, 57)}...` : config])),
    ].join('\n');
    call.print(text, manifest);
    return 0;
  },
};
