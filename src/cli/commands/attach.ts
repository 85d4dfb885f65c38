import { readListenAddress } from '../../observe/listen-address.js';
import { MetricsServer } from '../../observe/metrics.js';
import { attach } from '../../run/attach.js';
import { readSerialAddress } from '../../run/control/serial-line.js';
import { ServedAppliance } from '../../run/control/served-appliance.js';
import { UsageError, type Command } from '../command.js';
import { stopSignal } from '../stop-signal.js';

export const command: Command = {
  usage: 'IMAGE --serial PORT [--name VM]',
  summary: 'Controls an appliance that another VMM runs, by its serial port, until Ctrl-C; the appliance goes on.',
  options: {
    serial: { type: 'string', value: 'PORT', doc: 'The first serial port of the machine: unix:PATH, tcp:HOST:PORT, or a terminal such as /dev/pts/3.' },
    name: { type: 'string', value: 'VM', doc: 'A name for the appliance: wirelet read, write, snapshot, tap and trace find it by this.' },
    metrics: { type: 'string', value: 'ADDR:PORT', doc: 'Serve figures for Prometheus there, at /metrics.' },
    control: { type: 'string', value: 'ADDR:PORT|unix:PATH', doc: "Let other programs read and write handlers there, by ControlSocket's protocol." },
    elements: { type: 'string', multiple: true, value: 'DIR', doc: 'A folder with elements of your own.' },
  },
  positionals: [1, 1],
  async run(call) {
    const file = call.positionals[0]!;
    const port = call.text('serial');
    if (port === undefined) throw new UsageError('WL1391', 'wirelet attach needs a serial port', 'Write wirelet attach IMAGE --serial unix:PATH.');
    const address = readSerialAddress(port);
    const metricsAddress = call.text('metrics');
    const name = call.text('name');
    const say = (text: string) => process.stderr.write(`${text}\n`);
    const stopper = stopSignal(0);
    const served = new ServedAppliance(name, call.text('control'));
    let failed: { readonly error: unknown } | undefined;
    let metrics: MetricsServer | undefined;
    let starts = 0;
    try {
      metrics = metricsAddress === undefined ? undefined : await MetricsServer.open(readListenAddress(metricsAddress, '--metrics'));
      if (metrics !== undefined) say(`metrics at ${metrics.address}`);
      await attach(file, {
        address, name, elementFolders: call.list('elements'), signal: stopper.signal,
        onLog: (line) => (call.json ? say(line) : process.stdout.write(`${line}\n`)),
        onWarning: (message) => say(`warning: ${message}`),
        onStart(running) {
          starts += 1;
          metrics?.attach(running);
          say(`attached to ${name ?? running.manifest!.name} at ${address.shown}`);
          if (!served.wanted) return;
          void served.serve(running.appliance!).then((places) => say(`handlers at ${places.join(' and ')}`), (error: unknown) => {
            failed = { error };
            stopper.stop();
          });
        },
        onGone: () => served.withdraw(),
      });
      if (failed !== undefined) throw failed.error;
      if (call.json) call.print('', { name: name ?? null, serial: address.shown, image: file, starts });
      return 0;
    } finally {
      stopper.close();
      served.close();
      metrics?.close();
    }
  },
};
