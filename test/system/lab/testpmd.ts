/** DPDK's testpmd, which sends back what comes to its one port: virtio-user (a driver) or vhost (a back-end). */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

const START_MS = 30_000;
const END_MS = 5000;
const OUTPUT_MAX = 1 << 20;

export class Testpmd {
  private readonly child: ChildProcess;
  /** Apart: a word of one may come in the middle of a word of the other. */
  private readonly text = { stdout: '', stderr: '' };
  private over = false;

  /** Why it cannot be used here; undefined: it can. */
  static problem(): string | undefined {
    return spawnSync('dpdk-testpmd', ['--version'], { stdio: 'ignore' }).error === undefined ? undefined : 'dpdk-testpmd is not installed (Debian: dpdk-dev)';
  }

  /** `device` is a virtual device of DPDK's: `net_vhost0,iface=SOCKET`. */
  private constructor(device: string, name: string) {
    const memory = ['--no-huge', '-m', '256', '--no-pci', '--no-telemetry', '--no-shconf', '--file-prefix', `wlab-${process.pid}-${name}`];
    const ports = ['--interactive', '--port-topology=loop', '--total-num-mbufs=2048', '--nb-cores=1'];
    // It does not flush what it says to others than a terminal.
    this.child = spawn('stdbuf', ['-oL', 'dpdk-testpmd', '-l', '0,1', ...memory, '--vdev', device, '--', ...ports]);
    for (const stream of ['stdout', 'stderr'] as const) this.child[stream]!.on('data', (data: Buffer) => (this.text[stream] = (this.text[stream] + data.toString()).slice(-OUTPUT_MAX)));
    this.child.stdin!.on('error', () => {}); // it has ended
    this.child.once('error', () => (this.over = true));
    this.child.once('close', () => (this.over = true));
  }

  /** Starts it, and waits until it forwards. */
  static async start(device: string, name: string): Promise<Testpmd> {
    const program = new Testpmd(device, name);
    try {
      await program.says(/testpmd>/);
      program.child.stdin!.write('set fwd io\nstart\n');
      await program.says(/packets\/burst/);
    } catch (error) {
      await program.end();
      throw error;
    }
    return program;
  }

  private async says(pattern: RegExp): Promise<void> {
    for (const begin = performance.now(); !pattern.test(this.text.stdout); await new Promise((resolve) => setTimeout(resolve, 20))) {
      if (this.over || performance.now() - begin > START_MS) throw new Error(`testpmd did not say ${pattern}:\n${this.text.stdout}${this.text.stderr}`);
    }
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.over) return;
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(timer);
  }
}
