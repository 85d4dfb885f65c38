/** What the host of an appliance reports, one JSON object a line; written by native/tender, also within the addon. */
import type { BootFigures, StartParts, Ending, GeneratorRate, MemoryFigures, PortFigures, StreamFigures } from './outcome.js';

export interface EndEvent {
  readonly event: 'end';
  readonly ended: 'idle' | 'time' | 'signal' | 'stopped';
  readonly seconds: number;
  readonly boot: BootFigures;
  readonly memory: MemoryFigures;
  readonly ports: readonly (PortFigures & { readonly name: string; readonly rate?: GeneratorRate; readonly stream?: StreamFigures })[];
  readonly counters: readonly number[];
  readonly trap_count: number;
  readonly trap_sites: readonly number[];
}

/** An exception in the appliance: the processor's vector and error code, CR2, RIP and RSP. */
export interface PanicEvent {
  readonly event: 'panic';
  readonly vector: number;
  readonly error: number;
  readonly address: number;
  readonly rip: number;
  readonly rsp: number;
  /** Hexadecimal; 0 where the machine does not tell. */
  readonly registers?: Readonly<Record<string, string>>;
}

/** The appliance did not end when it was asked to, and was ended there. */
export interface StuckEvent {
  readonly event: 'stuck';
  readonly registers: Readonly<Record<string, string>>;
}

export type HostEvent =
  | { readonly event: 'ready'; readonly pid?: number; readonly parts?: StartParts }
  | { readonly event: 'log'; readonly text: string }
  | { readonly event: 'warning'; readonly message: string; readonly file?: string }
  | ({ readonly event: 'first_frame' } & BootFigures)
  | PanicEvent
  | StuckEvent
  | { readonly event: 'error'; readonly code: string; readonly message: string; readonly hint?: string }
  | EndEvent;

export function endingOf(ended: EndEvent['ended']): Ending {
  return ended === 'stopped' ? 'idle' : ended;
}
