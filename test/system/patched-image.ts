/** Images whose elements go wrong: instructions of one of them are replaced by others. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Elf } from '#src/image/elf.js';
import { openImage } from '#src/image/image.js';
import { readLineTable, type LineTable } from '#src/image/line-table.js';

/** UD2, which no processor has, and JMP to itself (Intel SDM volume 2). */
const INSTRUCTIONS = { fault: [0x0f, 0x0b], stay: [0xeb, 0xfe] } as const;

/** Writes an image with all that is of that source file changed so: there is code for single packets and for batches. False: nothing is. */
export function writeFaultingImage(image: string, source: string, to: string, how: keyof typeof INSTRUCTIONS = 'fault'): boolean {
  return patch(image, openImage(image).manifest.internals.lines, source, to, how);
}

/** The same with the shared object of a native build, in its place. */
export async function makeLibraryFault(library: string, source: string): Promise<boolean> {
  return patch(library, await readLineTable(library), source, library, 'fault');
}

function patch(image: string, { files, addresses, sources }: LineTable, source: string, to: string, how: keyof typeof INSTRUCTIONS): boolean {
  const bytes = readFileSync(image);
  const wanted = files.findIndex((file) => file.endsWith(source));
  const { sections } = new Elf(bytes);
  let [address, changed] = [0, 0];
  for (const [row, difference] of addresses.entries()) {
    address += difference;
    // Longer than the instruction that is written over it, so that nothing of another file changes.
    const bytesOfRow = addresses[row + 1] ?? 0;
    if (wanted < 0 || sources[row] !== wanted || bytesOfRow < INSTRUCTIONS[how].length) continue;
    const section = sections.find((each) => each.address <= address && address < each.address + each.size && each.offset > 0)!;
    bytes.set(INSTRUCTIONS[how], section.offset + address - section.address);
    changed += 1;
  }
  writeFileSync(to, bytes, { mode: 0o755 });
  return changed > 0;
}
