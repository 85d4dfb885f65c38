/** Updates of checksums are the same in Node and as C, which computes them in the order of memory: for every checksum there is. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { checksum } from '#src/kit/checksum.js';
import { packageRoot } from '#src/package-root.js';
import { COMPILERS, type Compiler } from './replay.js';

const CHECKSUMS = 0x1_0000;
const AMOUNTS = [0, 1, 0x00ff, 0x0100, 0x0101, 0x1234, 0x7fff, 0x8000, 0xfeff, 0xff00, 0xfffe, 0xffff];
/** Of one field of 16 bits, of one of 32, and the largest sum that there may be. */
const DIFFERENCES = [...AMOUNTS, 0x1_fffe, 0xffff_ffff, 0x1_ffff_fffe, 2 ** 53 - 1];

const UPDATES = [
  { name: 'subtract', function: 'wl_sum_subtract', values: AMOUNTS, inNode: checksum.subtract },
  { name: 'apply', function: 'wl_sum_apply', values: DIFFERENCES, inNode: checksum.apply },
] as const;

/** A program that writes what each update makes of all checksums, value by value. */
function program(): string {
  const loops = UPDATES.flatMap((update) => update.values.map((value) => `for (uint32_t field = 0; field < ${CHECKSUMS}; field += 1) all[field] = ${update.function}((uint16_t)field, UINT64_C(${value}));\nfwrite(all, sizeof all, 1, stdout);`));
  return `#include <stdio.h>\n#include "wl_checksum.h"\nstatic uint16_t all[${CHECKSUMS}];\nint main(void) {\n${loops.join('\n')}\nreturn 0;\n}\n`;
}

function outputOf(compiler: Compiler): Uint16Array {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-checksums-'));
  try {
    const [source, binary] = ['checksums.c', 'checksums'].map((name) => path.join(folder, name));
    writeFileSync(source!, program());
    execFileSync(compiler.command, ['-std=gnu11', ...compiler.flags, '-I', path.join(packageRoot, 'native/runtime'), '-o', binary!, source!], { stdio: 'pipe' });
    return new Uint16Array(Uint8Array.from(execFileSync(binary!, { maxBuffer: 1 << 26 })).buffer);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const compiler of COMPILERS) {
  t.test(`every checksum is updated as in Node by ${compiler.name}`, (t) => {
    const written = outputOf(compiler);
    const cases = UPDATES.flatMap(({ name, values, inNode }) => values.map((value) => ({ name, value, inNode })));
    t.equal(written.length, cases.length * CHECKSUMS, 'all of them are there');
    for (const [index, { name, value, inNode }] of cases.entries()) {
      const own = written.subarray(index * CHECKSUMS, (index + 1) * CHECKSUMS);
      const wrong = own.findIndex((updated, field) => updated !== inNode(field, value));
      t.equal(wrong, -1, wrong < 0 ? `checksum.${name}, ${value}` : `checksum.${name}(${wrong}, ${value}) is ${inNode(wrong, value)} in Node and ${own[wrong]} here`);
    }
    t.end();
  });
}
