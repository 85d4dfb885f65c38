/** A switch by itself, as a test drives it. */
import { SwitchDaemon, type SwitchPortFigures } from '#src/site/switch-daemon.js';
import type { HostEnd, SiteNetwork, SitePort } from '#src/site/site.js';

interface Test {
  fail(message: string): unknown;
  teardown(end: () => Promise<void>): void;
}

const PATIENCE_MS = 30_000;

export class Rig {
  private constructor(
    readonly daemon: SwitchDaemon,
    /** Ports whose other side was parted with, and why. */
    readonly stopped: readonly string[],
  ) {}

  /** Started at `socket`, stopped with the test. */
  static async start(t: Test, socket: string): Promise<Rig> {
    const stopped: string[] = [];
    const daemon = await SwitchDaemon.start(socket, (how) => t.fail(`the switch ended: ${how}`), (port, why) => stopped.push(`${port}: ${why}`));
    t.teardown(() => daemon.stop());
    return new Rig(daemon, stopped);
  }

  async network(name: string, kind: SiteNetwork['kind'], ports: Readonly<Record<string, string>>): Promise<void> {
    await this.daemon.addNetwork({ name, kind, ageingS: 300, floodPps: 0, ports: [] });
    for (const [port, text] of Object.entries(ports)) await this.plug(name, port, text);
  }

  /** `text` is KIND:TARGET. */
  async plug(network: string, name: string, text: string): Promise<void> {
    const colon = text.indexOf(':');
    const end = { kind: text.slice(0, colon), target: text.slice(colon + 1) } as HostEnd;
    await this.daemon.addPort(network, { name, end, vlans: { mode: 'plain' } } as SitePort);
  }

  async port(name: string): Promise<SwitchPortFigures> {
    return (await this.daemon.figures()).ports.find((port) => port.name === name)!;
  }

  async until(name: string, good: (port: SwitchPortFigures) => boolean, what: string): Promise<SwitchPortFigures> {
    for (const begin = performance.now(); ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const port = await this.port(name);
      if (good(port)) return port;
      if (performance.now() - begin > PATIENCE_MS) throw new Error(`in vain: ${what}: ${JSON.stringify((await this.daemon.figures()).ports)}`);
    }
  }
}
