/** Handlers that a script calls. What they refuse or warn of is reported below the call. */
import { HandlerError, splitWord, type ControlHost } from 'wirelet';

export class Calls {
  /** Those that were refused so far. */
  refusals = 0;

  constructor(private readonly host: ControlHost) {}

  /** What it gives; undefined when it is refused. */
  read(call: string): string | undefined {
    return this.attempt(() => this.host.read(call), call, 'read');
  }

  /** What it answers; undefined when it is refused. */
  write(call: string): string | undefined {
    return this.attempt(() => {
      const { answer, warnings } = this.host.writeTold(call);
      this.warn(call, warnings);
      return answer;
    }, call, 'write');
  }

  /** Writes a handler that needs time; undefined: it needs none, or is not there, and nothing was written. */
  writeLater(call: string): Promise<readonly string[]> | undefined {
    return this.host.find(splitWord(call)[0], 'write') === undefined ? undefined : this.host.writeLater(call);
  }

  /** What a written handler warns of. */
  warn(call: string, warnings: readonly string[]): void {
    if (warnings.length > 0) this.host.note(this.whileCalling(call, 'write', warnings.join('\n')));
  }

  /** What a call gives; undefined when it is refused, which is reported, with the call if the handler itself refused. */
  attempt<T>(action: () => T, call?: string, way: 'read' | 'write' = 'read'): T | undefined {
    try {
      return action();
    } catch (error) {
      this.refuse(error, call, way);
      return undefined;
    }
  }

  /** Reports that a call was refused; throws what is no HandlerError. */
  refuse(error: unknown, call?: string, way: 'read' | 'write' = 'read'): void {
    if (!(error instanceof HandlerError)) throw error;
    this.refusals += 1;
    this.host.error(call === undefined ? error.message : this.whileCalling(call, way, error.message));
  }

  /** What is said of a call below the call, where there is such a handler. */
  private whileCalling(call: string, way: 'read' | 'write', said: string): string {
    const [word, parameter] = splitWord(call);
    const name = this.host.find(word, way);
    return name === undefined ? said : `While calling '${name}${parameter === '' ? '' : ` ${parameter}`}':\n  ${said.replace(/\n/g, '\n  ')}`;
  }
}
