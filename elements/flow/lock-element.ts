/** The elements of a lock: with one thread, nobody ever waits for it. */
import { defineElement, example, text, type ArgumentScope } from 'wirelet';

const packet = Uint8Array.from([1, 2, 3]);

interface Building {
  readonly scope: ArgumentScope;
  readonly chatter: string;
  fail(message: string, hint?: string, click?: string): unknown;
}

/** Under Click's driver, refuses a lock with a name that no SpinlockInfo declares. */
export function needDeclared(lock: string, { scope, chatter, fail }: Building): undefined {
  if (chatter !== '' && lock !== '' && scope.lock?.(lock) === false) fail(`no SpinlockInfo declares the lock "${lock}"`, `SpinlockInfo(${lock}) declares it.`, `cannot locate spinlock ${lock}`);
  return undefined;
}

export function lockElement(name: string) {
  return defineElement({
    name,
    config: { lock: text({ doc: 'The name of the lock.' }) },
    ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
    build: (context) => needDeclared(context.config.lock, context),
    process: (_packet, { outputs }) => outputs.out,
    examples: [example('passes packets on', packet, { out: packet }, { config: 'lock' })],
  });
}
