/** Holds up the thread that does all the work, for a test of what happens meanwhile: for as many seconds as are written to its handler `block`. */
import { defineElement, HandlerError } from 'wirelet';

const SECONDS_MAX = 60;

export default defineElement({
  name: 'BlockThread',
  ports: {},
  control: {
    reason: 'holds up a thread of the host',
    start: () => ({
      handlers: {
        block: {
          guarded: true,
          write(value) {
            const seconds = Number(value.trim());
            if (value.trim() === '' || !(seconds >= 0 && seconds <= SECONDS_MAX)) throw new HandlerError(`expected seconds from 0 to ${SECONDS_MAX}`);
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
          },
        },
      },
    }),
  },
});
