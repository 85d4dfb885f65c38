/**
 * A Script that decides when the run ends (TYPE DRIVER).
 *
 * Whenever the run would end, for a source with STOP true has made its last packet, say, the script goes on past the
 * instruction at which it waits. The run ends when the script does: `pause, wait 0.1s, print counter.count, stop`.
 */
import { defineElement } from 'wirelet';
import { planScript, scriptConfig, scriptPorts, scriptReason, startScript } from './script/definition.js';

export default defineElement({
  name: 'DriverManager',
  config: scriptConfig,
  ports: scriptPorts,
  build: (context) => planScript(context, 'driver'),
  control: { reason: scriptReason, start: (host) => startScript(host, host.built) },
});
