import { readFileSync, statSync } from 'node:fs';
import { formatDiagnostic } from '../../diagnostics.js';
import { verifyImage } from '../../image/signature.js';
import { CORES_MAX } from '../../graph/split.js';
import { readListenAddress } from '../../observe/listen-address.js';
import { MetricsServer } from '../../observe/metrics.js';
import { MACHINES, VMMS, type MachineType } from '../../run/choose-vmm.js';
import type { Vmm } from '../../run/outcome.js';
import { unpackState } from '../../run/control/state-file.js';
import { isVirtualTime, readPorts } from '../../run/port-spec.js';
import { run } from '../../run/run.js';
import { interfaceNames, openSubject } from '../../run/subject.js';
import type { Appliance } from '../../run/control/appliance.js';
import { ServedAppliance } from '../../run/control/served-appliance.js';
import { suggestion } from '../../suggest.js';
import { GRAPH_OPTIONS, loadOptions, UsageError, type Call, type Command } from '../command.js';
import { outcomeText } from '../show-outcome.js';

export const command: Command = {
  usage: 'GRAPH|IMAGE [--port NAME=SPEC]...',
  summary: 'Runs a graph or an image in the foreground until it is idle, its time is over, or Ctrl-C.',
  options: {
    ...GRAPH_OPTIONS,
    vmm: { type: 'string', value: VMMS.join('|'), doc: 'How to run; without it kvm, or process where there is no KVM.' },
    machine: { type: 'string', value: MACHINES.join('|'), doc: 'The machine that QEMU is to be: microvm unless said, or a PC with firmware and PCI.' },
    port: { type: 'string', multiple: true, value: 'NAME=SPEC', doc: 'What an interface plugs into: pcap:in=FILE,out=FILE, tap:NAME, packet:IFACE, xdp:IFACE, vhost-user:SOCKET[,server], gen:size=64,count=N, null.' },
    'until-idle': { type: 'boolean', doc: 'End when inputs are spent and queues drained.' },
    for: { type: 'string', value: 'SECONDS', doc: 'End after so many seconds.' },
    seed: { type: 'string', value: 'N', doc: 'Seed of hash keys and random numbers; 1 unless said.' },
    cpus: { type: 'string', value: 'N', doc: 'Run on so many processors, each with a copy of the graph for its own flows; as the graph says, unless said.' },
    verify: { type: 'string', value: 'KEY', doc: 'Run the image only if IMAGE.sig is its signature by this Ed25519 public key (PEM).' },
    spin: { type: 'boolean', doc: 'Never let the appliance sleep.' },
    watchdog: { type: 'string', value: 'SECONDS', doc: 'End the run when the VM or process makes no progress for so long.' },
    metrics: { type: 'string', value: 'ADDR:PORT', doc: 'Serve figures for Prometheus there, at /metrics.' },
    name: { type: 'string', value: 'VM', doc: 'A name for the appliance: wirelet read, write, snapshot, tap and trace find it by this.' },
    'from-snapshot': { type: 'string', value: 'FILE', doc: 'Begin with what elements of the same names knew when wirelet snapshot wrote FILE.' },
    fresh: { type: 'boolean', doc: 'Elements whose state in the snapshot does not fit begin anew.' },
    control: { type: 'string', value: 'ADDR:PORT|unix:PATH', doc: "Let other programs read and write handlers there, by ControlSocket's protocol." },
  },
  positionals: [1, 1],
  async run(call) {
    const file = call.positionals[0]!;
    const vmm = readVmm(call.text('vmm'));
    const seconds = readNumber(call, 'for', 1e9);
    const seed = readNumber(call, 'seed', 0xffff_ffff);
    const processors = readNumber(call, 'cpus', CORES_MAX);
    const say = (text: string) => process.stderr.write(`${text}\n`);
    if (call.text('verify') !== undefined) verifyImage(file, call.text('verify')!);
    const { subject, warnings } = await openSubject(file, loadOptions(call));
    for (const warning of warnings) say(formatDiagnostic(warning));
    const snapshot = call.text('from-snapshot');
    const ports = readPorts(call.list('port'), interfaceNames(subject).map((name) => ({ name })));
    const stopper = stopOnSignals(say);
    const served = new ServedAppliance(call.text('name'), call.text('control'));
    let metrics: MetricsServer | undefined;
    let image: { bytes: number } | undefined;
    const serve = (appliance: Appliance) =>
      void served.serve(appliance).then((places) => say(`handlers at ${places.join(' and ')}`), (error: unknown) => stopper.fail(error));
    try {
      metrics = await openMetrics(call.text('metrics'));
      if (metrics !== undefined) say(`metrics at ${metrics.address}`);
      const virtual = isVirtualTime(ports);
      const outcome = await run(subject, {
        vmm,
        machine: readMachine(call.text('machine')),
        ports,
        // A run of captures in their own time has nothing to wait for once they are spent.
        untilIdle: call.flag('until-idle') || (virtual && seconds === undefined && [...ports.values()].some(({ kind }) => kind === 'pcap')),
        seconds,
        seed,
        processors,
        watchdog: readNumber(call, 'watchdog', 1e6) || undefined,
        spin: call.flag('spin'),
        signal: stopper.signal,
        control: served.wanted || snapshot !== undefined,
        state: snapshot === undefined ? undefined : unpackState(readFileSync(snapshot), snapshot),
        fresh: call.flag('fresh'),
        name: call.text('name'),
        elementFolders: call.list('elements'),
        onStop: () => stopper.stop('the handler stop was written to'),
        onLog: (line) => (call.json ? say(line) : process.stdout.write(`${line}\n`)),
        onWarning: (message) => say(`warning: ${message}`),
        onProgress: (what) => say(`${what} ...`),
        onStart: (running) => {
          metrics?.attach(running);
          if (running.appliance !== undefined && served.wanted) serve(running.appliance);
          if (running.image !== undefined) image = { bytes: statSync(running.image).size };
          say(`running ${call.text('name') ?? file} as ${running.choice.vmm} (${running.choice.reason})${virtual ? ", in the captures' own time" : ''}`);
        },
      });
      stopper.throwIfFailed();
      call.print(() => outcomeText(outcome, image), { ...outcome, ...(image === undefined ? {} : { image_bytes: image.bytes }) });
      return outcome.ended === 'signal' && !stopper.wanted ? 1 : 0;
    } finally {
      stopper.close();
      served.close();
      metrics?.close();
    }
  },
};

function readVmm(text: string | undefined): Vmm | undefined {
  if (text === undefined || (VMMS as readonly string[]).includes(text)) return text as Vmm | undefined;
  throw new UsageError('WL1391', `--vmm ${text}: there is no such way to run`, suggestion(text, VMMS) ?? `There are ${VMMS.join(', ')}.`);
}

function readMachine(text: string | undefined): MachineType | undefined {
  if (text === undefined || (MACHINES as readonly string[]).includes(text)) return text as MachineType | undefined;
  throw new UsageError('WL1391', `--machine ${text}: there is no such machine`, suggestion(text, MACHINES) ?? `There are ${MACHINES.join(', ')}.`);
}

function readNumber(call: Call, option: string, most: number): number | undefined {
  const text = call.text(option);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= most) return value;
  throw new UsageError('WL1391', `--${option} ${text} is not a number from 0 to ${most}`);
}

async function openMetrics(text: string | undefined): Promise<MetricsServer | undefined> {
  return text === undefined ? undefined : MetricsServer.open(readListenAddress(text, '--metrics'));
}

/** Ctrl-C and its like end the run in order; a second one ends it at once. */
function stopOnSignals(say: (text: string) => void) {
  const controller = new AbortController();
  let failed: { readonly error: unknown } | undefined;
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    say(`${name}: stopping; once more to stop at once`);
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  return {
    signal: controller.signal,
    /** The signal was the user's, so the run ended as it should. */
    get wanted() {
      return controller.signal.aborted;
    },
    stop(reason: string) {
      if (controller.signal.aborted) return;
      say(`${reason}: stopping`);
      controller.abort();
    },
    /** Ends the run because of something beside it. */
    fail(error: unknown) {
      failed ??= { error };
      controller.abort();
    },
    throwIfFailed() {
      if (failed !== undefined) throw failed.error;
    },
    close: () => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeListener(name, stop);
    },
  };
}
