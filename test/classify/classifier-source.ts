/** C programs around printed decision programs, for tests and measurements. */
import { classifyText } from '#src/compile/c-classify.js';
import { storageType } from '#src/compile/c-expression.js';
import type { Range } from '#src/compile/range.js';
import { Lines } from '#src/compile/c-lines.js';
import { SourceText } from '#src/diagnostics.js';
import type { DecisionProgram } from '#src/kit/classify/program.js';

/** One function for each program, `classify_0`, `classify_1`, ... */
export function classifierFunctions(programs: readonly DecisionProgram[]): string {
  const lines = new Lines(false);
  const source = new SourceText('classify.ts', '\n');
  const tables: string[] = [];
  const functions = programs.map((program, index) => {
    const body = new Lines(false);
    body.block(`static __attribute__((noinline)) int32_t classify_${index}(const uint8_t *d, const uint8_t *e, const uint8_t *m, const uint8_t *n, const uint8_t *t)`, () => {
      body.add('int32_t class_1;');
      body.add('(void)d, (void)e, (void)m, (void)n, (void)t;');
      const arrays = {
        nameOf: ({ values, range }: { values: ArrayLike<number>; range: Range }) => {
          const type = storageType(range);
          tables.push(`static const ${type} k${tables.length}[] = {${Array.from(values).join(',')}};`);
          return `k${tables.length - 1}`;
        },
      };
      classifyText(body, program, { data: 'd', end: 'e', mac: 'm', network: 'n', transport: 't' }, 'class_1', arrays, source.span(0, 0));
      body.add('return class_1;');
    });
    return body.text();
  });
  lines.add('#include "wl_classify.h"');
  return [lines.text(), ...tables.map((table) => `${table}\n`), ...functions].join('');
}

/** Reads { i32 program, network, transport, length, bytes }... and writes the class of each as i32. */
export function classifierSource(programs: readonly DecisionProgram[]): string {
  return `${classifierFunctions(programs)}
#include <stdio.h>
#include <stdlib.h>
static int32_t (*const classifiers[])(const uint8_t *, const uint8_t *, const uint8_t *, const uint8_t *, const uint8_t *) = {${programs.map((_, index) => `classify_${index}`).join(',')}};
int main(void) {
  int32_t head[4];
  while (fread(head, 4, 4, stdin) == 4) {
    uint8_t *frame = malloc((size_t)head[3]);
    if (fread(frame, 1, (size_t)head[3], stdin) != (size_t)head[3]) return 1;
    const uint8_t *n = head[1] < 0 ? NULL : frame + head[1];
    const uint8_t *t = head[2] < 0 ? NULL : frame + head[2];
    const int32_t class = classifiers[head[0]](frame, frame + head[3], frame, n, t);
    fwrite(&class, 4, 1, stdout);
    free(frame);
  }
  return 0;
}
`;
}
