/** What a running appliance answered to somebody who asked for something that it does not have or take. */
import { failure } from '../diagnostics.js';
import { Refused } from '../run/control/control-client.js';

/** The failure to say so; any other error as it is. */
export function refusal(error: unknown, vm: string): unknown {
  if (!(error instanceof Refused)) return error;
  return failure('WL4146', `${vm}: ${error.message}`, `wirelet read ${vm} lists its elements and their handlers.`);
}
