/**
 * Keeps the host from processing the packets of devices while the router works: `KernelFilter(drop dev eth0)`. A rule of iptables drops them; it goes when the run
 * ends. It needs the rights to change these rules.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { defineElement, rest, splitWord, text, type ControlHost, type ControlPart } from 'wirelet';

/** Where the program may be. */
const PROGRAMS = ['/sbin/iptables', '/usr/sbin/iptables'];
const LIMIT_MS = 10_000;

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Adds (-A) or deletes (-D) the rule for a device; what is wrong, if something is. */
function change(command: string, way: '-A' | '-D', device: string): string | undefined {
  const program = command || PROGRAMS.find(isProgram);
  if (program === undefined) return "no 'iptables' executable found";
  const word = /^[\w.@-]+$/.test(device) ? device : `'${device.replaceAll("'", `'\\''`)}'`;
  const line = `${program} ${way} INPUT -i ${word} -j DROP`;
  const { stdout, stderr, status, error } = spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8', timeout: LIMIT_MS });
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim() || (error?.message ?? (status === 0 ? '' : `exit status ${status}`));
  return said === '' ? undefined : `${line}: ${said}`;
}

function filter(host: ControlHost<{ readonly iptables_command: string }>): ControlPart {
  const { iptables_command: command } = host.config;
  const { devices } = host.built as { devices: readonly string[] };
  const dropped: string[] = [];
  return {
    begin() {
      const wrong = devices.flatMap((device) => {
        const problem = change(command, '-A', device);
        if (problem === undefined) dropped.push(device);
        return problem ?? [];
      });
      return wrong.length === 0 ? undefined : wrong.join('\n  ');
    },
    close() {
      for (const device of dropped.splice(0).reverse()) {
        const problem = change(command, '-D', device);
        if (problem !== undefined) host.error(problem);
      }
    },
  };
}

export default defineElement({
  name: 'KernelFilter',
  config: {
    filters: rest(text({ doc: 'What is dropped: drop dev DEVICE.' }), { min: 0, max: 64 }),
    iptables_command: text({ default: '', keyword: true, doc: 'The command that runs iptables, where it is not at its usual places.' }),
  },
  ports: {},
  build({ config, fail }) {
    const devices = config.filters.map((each) => {
      const [action, others] = splitWord(each);
      const [type, device] = splitWord(others);
      const missing = action === '' ? 'ACTION' : type === '' ? 'TYPE' : device === '' ? 'ARG' : undefined;
      if (missing !== undefined) return fail(`"${each}" is no filter`, 'For example: KernelFilter(drop dev eth0)', `${missing}: required argument missing`);
      if (action !== 'drop' || type !== 'dev') return fail(`"${each}" is no filter`, 'For example: KernelFilter(drop dev eth0)', "arguments must follow 'drop dev DEVNAME'");
      return device;
    });
    return { devices };
  },
  control: { reason: 'changes the rules of the host', start: filter },
});
