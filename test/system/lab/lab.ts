/**
 * A laboratory for system tests: network namespaces that stand for machines, and tap devices that stand for
 * the cables between them and a running appliance. All names are of this process; all is given back by
 * `close`, at the end of the process if that is forgotten, and by the next laboratory if the process was
 * killed.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ip, IP_TIMEOUT_MS } from './ip.js';
import { Machine } from './machine.js';
import { Program } from './program.js';

const PREFIX = 'wlab';
const NAMESPACES = '/run/netns';

let laboratories = 0;

export class Lab {
  private readonly machines: Machine[] = [];
  private readonly taps: string[] = [];
  private readonly programs: Program[] = [];
  private readonly number = (laboratories += 1);
  private readonly atExit = () => this.giveBack();

  constructor() {
    sweep();
    process.once('exit', this.atExit);
  }

  /** Why there can be no laboratory here; undefined: there can. `programs` are those that the test wants. */
  static problem(...programs: string[]): string | undefined {
    if (process.platform !== 'linux') return 'network namespaces need Linux';
    if (process.getuid?.() !== 0) return 'network namespaces and taps are made by root: sudo npm test';
    if (!existsSync('/dev/net/tun')) return '/dev/net/tun is missing: modprobe tun';
    const missing = ['ip', ...programs].filter((program) => !isInstalled(program));
    if (missing.length > 0) return `not installed: ${missing.join(', ')} (Debian: iproute2 iputils-ping curl)`;
    const trial = `${PREFIX}-${process.pid}-trial`;
    const made = spawnSync('ip', ['netns', 'add', trial], { encoding: 'utf8', timeout: IP_TIMEOUT_MS });
    if (made.status !== 0) return `network namespaces cannot be made: ${made.stderr.trim()}`;
    spawnSync('ip', ['netns', 'delete', trial], { timeout: IP_TIMEOUT_MS });
    return undefined;
  }

  /** A machine of its own, with nothing but a loopback. */
  machine(name: string): Machine {
    const machine = new Machine(`${PREFIX}-${process.pid}-${this.number}${name}`, (program) => this.programs.push(program));
    this.machines.push(machine);
    return machine;
  }

  /**
   * A tap device; returns its name. An appliance opens it where it is made; once it is open it can be
   * plugged into a machine, and frames then go between that machine and the appliance.
   */
  tap(): string {
    const name = `${PREFIX}${process.pid.toString(36)}n${this.number}${this.taps.length}`;
    ip('tuntap', 'add', 'dev', name, 'mode', 'tap');
    this.taps.push(name);
    // Nothing of this machine's own is to appear on the cable before it is plugged in.
    ip('link', 'set', name, 'addrgenmode', 'none');
    return name;
  }

  /**
   * A cable between an interface of this machine, for a port `packet:`, and one to be plugged into a machine of the laboratory. What the
   * network card would do for a sender, cutting long segments, is off: no frame is longer than the cable takes.
   */
  cable(): { near: string; far: string } {
    const number = this.taps.length;
    const [near, far] = ['a', 'b'].map((end) => `${PREFIX}${process.pid.toString(36)}${end}${this.number}${number}`) as [string, string];
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far);
    this.taps.push(near);
    for (const end of [near, far]) {
      spawnSync('ethtool', ['-K', end, 'tso', 'off', 'gso', 'off', 'gro', 'off'], { timeout: IP_TIMEOUT_MS });
      ip('link', 'set', end, 'addrgenmode', 'none');
      ip('link', 'set', end, 'up');
    }
    return { near, far };
  }

  /** A program of the test's own, ended with the laboratory. */
  start(command: readonly string[], timeoutMs: number): Program {
    const program = new Program(command, timeoutMs);
    this.programs.push(program);
    return program;
  }

  /** Ends all programs, removes all devices and machines. */
  async close(): Promise<void> {
    process.removeListener('exit', this.atExit);
    await Promise.all(this.programs.map((program) => program.stop('SIGTERM', 2_000)));
    this.giveBack();
  }

  private giveBack(): void {
    for (const program of this.programs.splice(0)) program.kill('SIGKILL');
    for (const machine of this.machines.splice(0)) machine.remove();
    for (const tap of this.taps.splice(0)) spawnSync('ip', ['link', 'delete', tap], { timeout: IP_TIMEOUT_MS });
  }
}

/** Namespaces left by a test process that is no longer there. */
function sweep(): void {
  const names = existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : [];
  for (const name of names) {
    const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) spawnSync('ip', ['netns', 'delete', name], { timeout: IP_TIMEOUT_MS });
  }
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
