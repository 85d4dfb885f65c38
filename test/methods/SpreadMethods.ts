/** Its method and its timers come with an object that is spread. */
import { defineElement } from 'wirelet';
import { path, seen } from './marking.js';

// Not what the shared methods mean by it.
export const MARK = 9;

export default defineElement({
  name: 'SpreadMethods',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  state: seen,
  ...path,
});
