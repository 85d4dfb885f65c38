/** Its method and its timers are those of another file, by name. */
import { defineElement } from 'wirelet';
import { mark, seen, timers as shared } from './marking.js';

// Not what the shared methods mean by it.
export const MARK = 9;

export default defineElement({
  name: 'NamedMethods',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  state: seen,
  process: mark,
  timers: shared,
});
