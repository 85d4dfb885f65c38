/** Stays with an appliance that another VMM runs, by its serial port: as `run` does for a VM of our own, and as long as it likes. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../diagnostics.js';
import type { CheckedGraph } from '../graph/graph.js';
import { openImage, type Image } from '../image/image.js';
import { HandlerError } from '../kit/element.js';
import { graphOfImage } from './control/image-graph.js';
import { liveAppliance, liveParts } from './control/live-appliance.js';
import { NoAnswer, OtherImage, SerialChannel } from './control/serial-channel.js';
import { SerialFigures, type ControlBlock } from './control/serial-figures.js';
import { LineClosed, SerialLine, type SerialAddress } from './control/serial-line.js';
import type { Controlled, Running } from './run-request.js';

/** Between two looks at the log, in milliseconds. */
const LOOK_MS = 500;
/** Between two attempts to open a line, or to be answered. */
const RETRY_MS = 500;
/** Firmware may take its time, emulated or on a loaded host. */
const FIRST_ANSWER_MS_MAX = 20_000;
/** Of each question to who has not answered before. */
const GREETING_MS = 500;
const NOISE_LETTERS_MAX = 1000;

export interface AttachOptions {
  readonly address: SerialAddress;
  readonly name?: string | undefined;
  readonly elementFolders: readonly string[];
  /** Ends it; the appliance goes on. */
  readonly signal: AbortSignal;
  onLog(line: string): void;
  onWarning(message: string): void;
  /** It answers: for the first time, or after it was started again. */
  onStart(running: Running): void;
  /** It does not answer any more. */
  onGone(): void;
}

/** Where an attachment was ended by its signal it returns. Fails with WL4171 (nobody answers), WL4172 (another image), WL4173 (an image without identity). */
export async function attach(file: string, options: AttachOptions): Promise<void> {
  const image = openImage(file);
  if (image.info === undefined || image.manifest.identity === undefined) {
    throw failure('WL4173', `${file} cannot be told from other images`, 'It was built for --target native, or by an earlier version: build it again, and start the machine with that.');
  }
  const graph = await graphOfImage(image.manifest, options.elementFolders, options.onWarning);
  await new Attachment(file, image, graph, options).stay();
}

class Attachment {
  private answered = false;
  /** What the machine writes that is no answer, up to the end of the line. */
  private noise = '';

  constructor(
    private readonly file: string,
    private readonly image: Image,
    private readonly graph: CheckedGraph,
    private readonly options: AttachOptions,
  ) {}

  async stay(): Promise<void> {
    const { signal, address, onWarning } = this.options;
    for (let lost = ''; !signal.aborted; await this.pause(RETRY_MS)) {
      let line: SerialLine | undefined;
      try {
        line = SerialLine.open(address);
        if (lost !== '') onWarning(`${address.shown} is there again`);
        lost = '';
        await this.follow(line);
      } catch (error) {
        if (!(error instanceof LineClosed || error instanceof HandlerError)) throw error;
        if (!this.answered) throw failure('WL4171', `the serial port ${address.shown} cannot be reached: ${error.message}`, 'Start the machine first; its VMM must have been told to make that socket or terminal (wirelet deploy does).');
        if (lost === '') onWarning(`${address.shown} is gone (${error.message}); waiting for it`);
        lost = error.message;
      } finally {
        line?.close();
      }
    }
  }

  /** Until the line is gone, or the signal comes. */
  private async follow(line: SerialLine): Promise<void> {
    const { info, manifest } = this.image;
    const channel = new SerialChannel(line, Buffer.from(manifest.identity!, 'hex'), info!.control - info!.base, (byte) => this.hear(byte));
    try {
      await this.watch(channel, new SerialFigures(channel, info!, manifest));
    } finally {
      channel.close();
    }
  }

  private async watch(channel: SerialChannel, figures: SerialFigures): Promise<void> {
    let known: ControlBlock | undefined;
    for (let silent = false; !this.options.signal.aborted; await this.pause(LOOK_MS)) {
      try {
        if (known === undefined || silent) await this.greet(channel);
        if (this.options.signal.aborted) return;
        const control = figures.control();
        if (silent) this.options.onWarning('it answers again');
        silent = false;
        if (control.start !== known?.start) {
          if (known !== undefined) this.options.onWarning('the appliance was started again');
          this.begin(channel, figures, control);
        }
        if (known?.start === control.start && control.logLost !== known.logLost) this.options.onWarning(`${control.logLost - known.logLost} lines of the log were lost: nobody read it in time`);
        known = control;
        for (const text of figures.readLog(control)) this.options.onLog(text);
        channel.listen();
      } catch (error) {
        this.refuseOther(error);
        if (!(error instanceof NoAnswer)) {
          this.options.onGone();
          throw error;
        }
        if (!silent) this.options.onWarning('the appliance does not answer');
        silent = true;
      }
    }
  }

  private begin(channel: SerialChannel, figures: SerialFigures, { seed }: ControlBlock): void {
    const { graph, file, options, image: { manifest } } = this;
    channel.begin();
    const steering = { seed, cores: 1, by: 'ports', answers: false, teaches: false } as const;
    const controlled: Controlled = {
      subject: { kind: 'image', file, manifest }, seed, steering, onLog: options.onLog,
      ...(options.name === undefined ? {} : { name: options.name }),
      onStop() {
        throw new HandlerError('another VMM runs this appliance, and has to end it');
      },
    };
    const running: Running = { choice: { vmm: 'serial', reason: `attached by ${options.address.shown}` }, image: path.resolve(file), manifest, snapshot: () => figures.snapshot() };
    const parts = { ...liveParts(channel, graph, manifest, 1), clock: () => channel.now() };
    options.onStart({ ...running, appliance: liveAppliance(graph, manifest, parts, controlled, running), state: parts.state });
  }

  /** Until it answers, or the signal comes; the first one has a while for that. Throws HandlerError. */
  private async greet(channel: SerialChannel): Promise<void> {
    const { signal, address } = this.options;
    for (const begin = performance.now(); !signal.aborted; await this.pause(RETRY_MS)) {
      try {
        channel.greet(GREETING_MS);
        this.answered = true;
        return;
      } catch (error) {
        this.refuseOther(error);
        if (!(error instanceof NoAnswer)) throw error;
        if (this.answered || performance.now() - begin < FIRST_ANSWER_MS_MAX) continue;
        throw failure('WL4171', `nobody answers at the serial port ${address.shown}${this.noise.trim() === '' ? '' : `, which said: ${this.noise.trim()}`}`, 'The machine may not run, the port may not be its first one, another program may have it (a console, another wirelet attach), or the image is of an earlier version.');
      }
    }
  }

  private refuseOther(error: unknown): void {
    if (!(error instanceof OtherImage)) return;
    throw failure('WL4172', `the appliance at ${this.options.address.shown} is of another image: it says ${error.identity.toString('hex')}, ${this.file} is ${this.image.manifest.identity}`, 'Give the very file that the machine was started with.');
  }

  private hear(byte: number): void {
    if (byte === 10 || this.noise.length === NOISE_LETTERS_MAX) {
      // What firmware writes is nobody's business once the appliance is there.
      if (this.noise.startsWith('wirelet: ')) this.options.onWarning(this.noise.slice(9));
      this.noise = '';
    } else if (byte >= 32 && byte < 127) {
      this.noise += String.fromCharCode(byte);
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.options.signal }).catch(() => undefined);
  }
}
