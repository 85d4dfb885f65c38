/** An image that faults: an instruction of one of its elements is replaced by one that no processor has. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Elf } from '#src/image/elf.js';
import { openImage } from '#src/image/image.js';

/** UD2 (Intel SDM volume 2). */
const UNDEFINED = [0x0f, 0x0b];

/** Writes it, with all that is of that source file changed so: there is code for single packets and for batches. False: nothing is. */
export function writeFaultingImage(image: string, source: string, to: string): boolean {
  const bytes = readFileSync(image);
  const { files, addresses, sources } = openImage(image).manifest.internals.lines;
  const wanted = files.findIndex((file) => file.endsWith(source));
  const { sections } = new Elf(bytes);
  let [address, changed] = [0, 0];
  for (const [row, difference] of addresses.entries()) {
    address += difference;
    if (wanted < 0 || sources[row] !== wanted) continue;
    const section = sections.find((each) => each.address <= address && address < each.address + each.size && each.offset > 0)!;
    bytes.set(UNDEFINED, section.offset + address - section.address);
    changed += 1;
  }
  writeFileSync(to, bytes, { mode: 0o755 });
  return changed > 0;
}
