/** An image that faults: an instruction of one of its elements is replaced by one that no processor has. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Elf } from '#src/image/elf.js';
import { openImage } from '#src/image/image.js';

/** UD2 (Intel SDM volume 2). */
const UNDEFINED = [0x0f, 0x0b];

/** Writes it, with all that is of that source file changed so: there is code for single packets and for batches. False: nothing is. */
export function writeFaultingImage(image: string, source: string, to: string): boolean {
  const bytes = readFileSync(image);
  const { files, rows } = openImage(image).manifest.internals.lines;
  const wanted = files.findIndex((file) => file.endsWith(source));
  const { sections } = new Elf(bytes);
  let [address, changed] = [0, 0];
  for (let index = 0; index < rows.length; index += 3) {
    address += rows[index]!;
    if (wanted < 0 || rows[index + 1] !== wanted) continue;
    const section = sections.find((each) => each.address <= address && address < each.address + each.size && each.offset > 0)!;
    bytes.set(UNDEFINED, section.offset + address - section.address);
    changed += 1;
  }
  writeFileSync(to, bytes, { mode: 0o755 });
  return changed > 0;
}
