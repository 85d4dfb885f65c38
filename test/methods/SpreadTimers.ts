/** Its timers are spread; its method is one of several in the object, and the last one counts. */
import { defineElement } from 'wirelet';
import { mark, path, seen, timers as shared } from './marking.js';

// Not what the shared methods mean by it.
export const MARK = 9;

export default defineElement({
  name: 'SpreadTimers',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  state: seen,
  ...path,
  process: mark,
  timers: { ...shared },
});
