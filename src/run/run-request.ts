/** What a run is asked for, and what is known of it while it goes on. */
import type { Manifest } from '../image/manifest.js';
import type { MachineType, Choice } from './choose-vmm.js';
import type { Appliance } from './control/appliance.js';
import type { ApplianceState } from './control/element-state.js';
import type { LiveState } from './control/live-state.js';
import type { Fault } from './fault.js';
import type { Vmm, StartParts } from './outcome.js';
import type { PortSpec } from './port-spec.js';
import type { LoopProgress } from './shared-memory.js';
import type { Snapshot } from './snapshot.js';
import type { SteeringRules } from './steering.js';
import type { Subject } from './subject.js';

/** Seed of hash keys and random numbers where none is asked for: runs repeat. */
export const SEED_DEFAULT = 1;

export interface RunOptions {
  readonly vmm?: Vmm;
  /** What QEMU is to be. */
  readonly machine?: MachineType;
  readonly ports: ReadonlyMap<string, PortSpec>;
  /** End when inputs are spent and queues drained. */
  readonly untilIdle: boolean;
  /** End after so many seconds of the run's time. */
  readonly seconds?: number;
  readonly seed?: number;
  /** Ends the run early, outputs complete up to then. */
  readonly signal?: AbortSignal;
  /** Somebody has written to the appliance's handler `stop`: `signal` is expected to follow. */
  readonly onStop?: () => void;
  /** The image of the graph, where it is there already. */
  readonly image?: string;
  /** The machine's clock, whatever the ports are. */
  readonly realTime?: boolean;
  /** Never let the appliance sleep (measurements). */
  readonly spin?: boolean;
  /** Handlers of the appliance shall be there to read and write: see Running.appliance. */
  readonly control?: boolean;
  /** What elements of the same names knew: these begin with it. Needs `control`. */
  readonly state?: ApplianceState;
  /** Wait before the first round until Running.state is released, ten seconds at most. Needs `control`. */
  readonly standby?: boolean;
  /** Elements whose state does not fit may begin anew. */
  readonly fresh?: boolean;
  /** End the run when the appliance makes no progress for so long, in seconds. Of VMs and confined processes. */
  readonly watchdog?: number;
  /**
   * The appliance has faulted, or made no progress and was ended. What it knew can be read (Running.state.remains) until
   * the promise is settled, five seconds at most; the run fails after that. Of VMs and confined processes.
   */
  readonly onFault?: (fault: Fault) => void | Promise<void>;
  /** Its process was ended by force, and is about to be gone: giving its memory back may take a while. Of VMs and confined processes. */
  readonly onSilence?: () => void;
  /** What the appliance is called, if not by its graph. */
  readonly name?: string;
  /** Folders of the user's own elements, for the handlers of an image's elements. */
  readonly elementFolders?: readonly string[];
  /** How many processors it runs on, each with a copy of the graph; as the graph says, unless said. */
  readonly processors?: number;
  /** Processors of the machine that it may use; all that we may, unless said. */
  readonly cpus?: readonly number[];
  /** Lines that elements print. */
  readonly onLog?: (line: string) => void;
  /** Something a person should know, while the run goes on. */
  readonly onWarning?: (message: string) => void;
  /** What takes its time before the run. */
  readonly onProgress?: (what: string) => void;
  /** The run has begun: figures can be read from now on. */
  readonly onStart?: (running: Running) => void;
}

export interface Running {
  /** `serial`: another VMM runs it, and its serial port is the way to it. */
  readonly choice: { readonly vmm: Vmm | 'serial'; readonly reason: string };
  /** The process that it is, where it has one of its own. */
  readonly pid?: number;
  /** Where the time of its start went, as far as its host tells. */
  readonly parts?: StartParts;
  /** Cycles of the TSC in a second, as it was told. */
  hertz?(): number;
  /** The image's file and what it says of itself; absent for --vmm node. */
  readonly image?: string;
  readonly manifest?: Manifest;
  /** Its handlers, where `control` was asked for. */
  readonly appliance?: Appliance;
  readonly state?: LiveState;
  /** How far its main loop has come; of VMs and confined processes. */
  progress?(): LoopProgress;
  /** The figures now; cheap enough for several times a second. */
  snapshot(): Snapshot;
}

/** What a way of running gets. */
export interface RunRequest extends RunOptions {
  readonly subject: Subject;
  readonly choice: Choice;
  readonly virtualTime: boolean;
  readonly seed: number;
  readonly steering: SteeringRules;
}

/** What handlers need to know of an appliance, however it was started. */
export type Controlled = Pick<RunRequest, 'subject' | 'name' | 'seed' | 'steering' | 'state' | 'standby' | 'onLog' | 'onStop'>;
