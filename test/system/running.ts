/** An appliance that runs under a name for a test, and a client of its handlers. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { ControlClient, Refused } from '#src/run/control/control-client.js';

const START_MS_MAX = 60_000;
/** So many letters of standard output are kept. */
const PRINTED_MAX = 1 << 20;

export interface RunningAppliance {
  readonly process: ChildProcess;
  readonly client: ControlClient;
  /** What it wrote to standard error up to now. */
  said(): string;
  /** And to standard output. */
  printed(): string;
  read(handler: string): Promise<string>;
  /** Its exit status, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Ends it by Ctrl-C; its exit status. */
  stop(): Promise<number | null>;
}

/** `wirelet run ARGS --name NAME`, or `wirelet attach`, as soon as its handlers answer. */
export async function running(name: string, args: readonly string[], env: Readonly<Record<string, string>>, command: 'run' | 'attach' = 'run'): Promise<RunningAppliance> {
  const child = spawn(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), command, ...args, '--name', name], {
    cwd: packageRoot, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let printed = '';
  child.stdout!.on('data', (data) => (printed = `${printed}${data}`.slice(-PRINTED_MAX)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX);
    child.stderr!.on('data', (data) => {
      text += data;
      if (!/^handlers at /m.test(text)) return;
      clearTimeout(late);
      resolve();
    });
    void ended.then((status) => reject(new Error(`${args.join(' ')} ended with ${status}: ${text}`)));
  });
  const socket = /^handlers at (\S+)/m.exec(text)![1]!;
  const client = await ControlClient.connect({ path: socket });
  return {
    process: child,
    client,
    ended,
    said: () => text,
    printed: () => printed,
    read: async (handler) => (await client.read(handler)).toString('utf8'),
    stop() {
      client.close();
      child.kill('SIGINT');
      return ended;
    },
  };
}

/** What the appliance says to somebody whom it refuses. */
export async function refusalOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    if (error instanceof Refused) return `${error.answer.code} ${error.message}`;
    throw error;
  }
  return 'it was not refused';
}

/** Asks again and again until the answer is as wanted; the last answer. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean, milliseconds = 20_000): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (wanted(answer) || performance.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
