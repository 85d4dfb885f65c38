/** C programs around printed decision programs, for tests and measurements. */
import { classifyAheadText, classifyText } from '#src/compile/c-classify.js';
import { storageType } from '#src/plan/storage.js';
import type { Range } from '#src/compile/range.js';
import { Lines } from '#src/compile/c-lines.js';
import { Walks } from '#src/compile/c-walks.js';
import { SourceText } from '#src/diagnostics.js';
import type { DecisionProgram } from '#src/kit/classify/program.js';

const PACKET = { data: 'd', end: 'e', mac: 'm', network: 'n', transport: 't' };
const PARAMETERS = '(const uint8_t *d, const uint8_t *e, const uint8_t *m, const uint8_t *n, const uint8_t *t)';
/** What no program says. */
const DIFFERENT = -1_000_000;

/**
 * One function for each program, `classify_0`, `classify_1`, ... Where packets of a batch can walk through its tables together
 * that is what is done, behind a packet that is none and before the packet walks alone; both must say the same.
 */
export function classifierFunctions(programs: readonly DecisionProgram[]): string {
  const source = new SourceText('classify.ts', '\n');
  const tables: string[] = [];
  const arrays = {
    nameOf: ({ values, range }: { values: ArrayLike<number>; range: Range }) => {
      const type = storageType(range);
      tables.push(`static const ${type} k${tables.length}[] = {${Array.from(values).join(',')}};`);
      return `k${tables.length - 1}`;
    },
  };
  const walks = new Walks(arrays, 48, 0);
  const head = new Lines(false);
  const body = new Lines(false);
  const none = { walkOf: () => undefined };
  programs.forEach((program, index) => {
    const names = walks.declare(program, head, body);
    const result = (name: string, ahead: Walks | typeof none) =>
      body.block(`static __attribute__((noinline)) int32_t ${name}_${index}${PARAMETERS}`, () => {
        body.add('int32_t class_1;');
        body.add('(void)d, (void)e, (void)m, (void)n, (void)t;');
        classifyText(body, program, PACKET, 'class_1', arrays, ahead, source.span(0, 0));
        body.add('return class_1;');
      });
    if (names.length === 0) return result('classify', none);
    result('alone', none);
    result('answer', walks);
    body.block(`static void ask_${index}${PARAMETERS}`, () => classifyAheadText(body, program, PACKET, 'class_1', arrays, walks, '3'));
    body.block(`static __attribute__((noinline)) int32_t classify_${index}${PARAMETERS}`, () => {
      body.add(`const int32_t unasked = answer_${index}(d, e, m, n, t);`);
      body.add(`ask_${index}(d, e, m, n, t);`);
      for (const name of names) body.add(`${name}_together();`);
      body.add(`const int32_t alone = alone_${index}(d, e, m, n, t);`);
      body.add(`return unasked == alone && answer_${index}(d, e, m, n, t) == alone ? alone : ${DIFFERENT};`);
    });
  });
  const begin = new Lines(false);
  begin.block('static __attribute__((constructor)) void initialize_walks(void)', () => walks.initialize(begin));
  const declared = ['#include "wl_classify.h"', '#define WL_BATCH_PACKETS_MAX 32', 'static uint32_t wl_batch_index = 3;'];
  return [...declared.map((line) => `${line}\n`), ...tables.map((table) => `${table}\n`), head.text(), body.text(), begin.text()].join('');
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
