/** Handlers by which the state of an appliance is taken, compared and given: what `snapshot` and a replacement need. */
import { DiagnosticError } from '../../diagnostics.js';
import { HandlerError } from '../../kit/element.js';
import { integerValue } from '../../kit/handlers.js';
import type { Handler } from '../click/handler.js';
import type { LiveState } from './live-state.js';
import { packState, unpackState } from './state-file.js';

const HOLD_MS_MAX = 10_000;

/**
 * `state` reads all state and writes that of another appliance, in base64 (state-file.ts); `state_fit` says, as JSON, what
 * would become of the state that is its parameter; `hold` keeps the appliance between two rounds for so many milliseconds,
 * `release` ends that.
 */
export function stateHandlers(live: LiveState): Handler[] {
  return [
    {
      name: 'state',
      read: () => packState(live.take()).toString('base64'),
      write(value) {
        const { misfits } = live.give(stateIn(value));
        if (misfits.length > 0) throw new HandlerError(misfits.map(({ element, reason }) => `${element} begins anew: ${reason}`).join('\n'));
      },
    },
    { name: 'state_fit', parameter: true, read: (value) => JSON.stringify(live.fit(stateIn(value))) },
    { name: 'hold', write: (value) => live.hold(integerValue(value, 1, HOLD_MS_MAX)) },
    { name: 'release', write: () => live.release() },
  ];
}

function stateIn(value: string) {
  try {
    return unpackState(Buffer.from(value, 'base64'), 'the value');
  } catch (error) {
    if (error instanceof DiagnosticError) throw new HandlerError(error.diagnostics[0]!.message);
    throw error;
  }
}
