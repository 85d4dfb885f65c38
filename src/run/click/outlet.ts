/** What a run of the driver says, and to whom. */
import type { LoadedConfiguration } from './load-configuration.js';

/** Where the driver writes to. */
export interface Outlet {
  print(text: string): void;
  report(line: string): void;
  explain(loaded: LoadedConfiguration): void;
  write(file: string, text: string): void;
}
