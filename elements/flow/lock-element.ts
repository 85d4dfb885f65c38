/** The elements of a lock: with one thread, nobody ever waits for it. */
import { defineElement, example, text } from 'wirelet';

const packet = Uint8Array.from([1, 2, 3]);

export function lockElement(name: string) {
  return defineElement({
    name,
    config: { lock: text({ doc: 'The name of the lock.' }) },
    ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
    build({ config, scope, chatter, fail }) {
      if (chatter !== '' && scope.lock?.(config.lock) === false) fail(`no SpinlockInfo declares the lock "${config.lock}"`, `SpinlockInfo(${config.lock}) declares it.`, `cannot locate spinlock ${config.lock}`);
      return undefined;
    },
    process: (_packet, { outputs }) => outputs.out,
    examples: [example('passes packets on', packet, { out: packet }, { config: 'lock' })],
  });
}
