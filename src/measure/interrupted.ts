/** Measurements that are ended before they are done: what was measured until then is a result, and is marked as partial. */
import { failure, type DiagnosticError } from '../diagnostics.js';

/** Nothing was measured until then. */
export const interruptedBeforeAll = (): DiagnosticError => failure('WL4133', 'the measurement was interrupted before its first result');

/** Does `parts` up to an interruption; whether it was one. Whatever an interruption ended, it is an interruption. */
export async function upTo(signal: AbortSignal | undefined, parts: () => Promise<void>): Promise<boolean> {
  try {
    await parts();
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
  return signal?.aborted === true;
}
