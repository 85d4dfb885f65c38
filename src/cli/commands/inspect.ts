import { openImage } from '../../image/image.js';
import type { Manifest } from '../../image/manifest.js';
import { verifyImage } from '../../image/signature.js';
import { type Command } from '../command.js';
import { bytesText, grouped, textTable } from '../text-table.js';

function processorsText({ processors }: Manifest): string {
  const { count = 1, obstacles = [] } = processors ?? {};
  return obstacles.length === 0 ? String(count) : `${count}; no more, because of ${obstacles.map(({ element }) => element).join(', ')}`;
}

export const command: Command = {
  usage: 'IMAGE',
  summary: 'Shows what an image says about itself.',
  options: {
    verify: { type: 'string', value: 'KEY', doc: 'Fail unless IMAGE.sig is a signature of the image by this Ed25519 public key (PEM).' },
  },
  positionals: [1, 1],
  async run(call) {
    const key = call.text('verify');
    if (key !== undefined) verifyImage(call.positionals[0]!, key);
    const image = openImage(call.positionals[0]!).manifest;
    const { internals: _, ...manifest } = image;
    const text = () => [
      `${manifest.name} ${manifest.version}, for ${manifest.target === 'vm' ? 'a VM' : 'a host process'}, by Wirelet ${manifest.wirelet}`,
      ...(key === undefined ? [] : [`signed     with the private half of ${key}`]),
      `graph      ${manifest.graph_sha256}`,
      `memory     ${bytesText(manifest.memory_bytes)}`,
      `processors ${processorsText(image)}`,
      `limits     ${Object.entries(manifest.limits).map(([name, value]) => `${name} ${grouped(value)}`).join(', ')}`,
      '',
      textTable([{ title: 'interface' }, { title: 'mac' }, { title: 'address' }], manifest.interfaces.map(({ name, mac, address }) => [name, mac, address ?? ''])),
      '',
      textTable([{ title: 'element' }, { title: 'class' }, { title: 'arguments' }], manifest.elements.map(({ name, class: type, config }) => [name, type, config.length > 60 ? `${config.slice(0, 57)}...` : config])),
    ].join('\n');
    call.print(text, key === undefined ? manifest : { ...manifest, verified: true });
    return 0;
  },
};
