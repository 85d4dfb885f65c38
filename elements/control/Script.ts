/**
 * Runs a script: it sets variables, reads and writes handlers, waits, prints, and may end the run.
 *
 * Each argument is an instruction: `set x 0, label again, print $x, set x $(add $x 1), goto again $(lt $x 5), stop`.
 * `$name` stands for a variable, `$(element.handler parameter)` for what a handler answers; the functions of scripts,
 * such as `add` and `sprintf`, are handlers of the script itself.
 */
import { defineElement } from 'wirelet';
import { planScript, scriptConfig, scriptPorts, scriptReason, startScript } from './script/definition.js';

export default defineElement({
  name: 'Script',
  config: scriptConfig,
  ports: scriptPorts,
  build: (context) => planScript(context),
  control: { reason: scriptReason, start: (host) => startScript(host, host.built) },
});
