/** A time by which a test has to be over, even if it never gives the processor back: then what hangs is said, and it ends. */
import { Worker } from 'node:worker_threads';

/** Looks at the time from a thread of its own. */
const WATCH = `
const { parentPort } = require('node:worker_threads');
let timer;
parentPort.on('message', ({ ms, text }) => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    require('node:fs').writeSync(2, text + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }, ms);
});
`;

export class Deadline {
  private readonly worker = new Worker(WATCH, { eval: true });

  constructor() {
    this.worker.unref();
  }

  /** From now on; what was set before holds no more. */
  set(ms: number, text: string): void {
    this.worker.postMessage({ ms, text });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
