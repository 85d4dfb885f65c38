/** A machine of the laboratory: a network namespace. */
import { spawnSync } from 'node:child_process';
import { ip, IP_TIMEOUT_MS } from './ip.js';
import { Program, type Ended } from './program.js';

const PROGRAM_TIMEOUT_MS = 20_000;
const SERVER_TIMEOUT_MS = 120_000;

export class Machine {
  private readonly plugged: string[] = [];

  constructor(
    readonly namespace: string,
    private readonly onStart: (program: Program) => void,
  ) {
    ip('netns', 'add', namespace);
    // Only what the test sends is to be on the cables.
    this.ip('link', 'set', 'lo', 'up');
    this.sysctl('net.ipv6.conf.default.disable_ipv6=1');
    this.sysctl('net.ipv4.conf.all.rp_filter=0');
    this.sysctl('net.ipv4.conf.default.rp_filter=0');
  }

  /** Plugs in a device, such as a tap that an appliance has open, and gives it addresses such as 10.0.0.2/24. */
  plug(device: string, ...addresses: string[]): void {
    ip('link', 'set', device, 'netns', this.namespace);
    this.plugged.push(device);
    const speaksIpv6 = addresses.some((address) => address.includes(':'));
    this.sysctl(`net.ipv6.conf.${device}.disable_ipv6=${speaksIpv6 ? 0 : 1}`);
    this.ip('link', 'set', device, 'up');
    // Nobody else has the address: the machine need not ask.
    for (const address of addresses) this.ip('address', 'add', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : []));
  }

  /** Further addresses of the machine, behind none of its devices. */
  addresses(...addresses: string[]): void {
    for (const address of addresses) this.ip('address', 'add', `${address}/32`, 'dev', 'lo');
  }

  route(...route: string[]): void {
    this.ip('route', 'add', ...route);
  }

  ip(...options: string[]): void {
    ip('-n', this.namespace, ...options);
  }

  /** Runs a program here to its end. */
  run(...command: string[]): Promise<Ended> {
    const program = new Program(this.inside(command), PROGRAM_TIMEOUT_MS);
    this.onStart(program);
    return program.ended;
  }

  /** Starts a server here and waits until it says that it is ready. */
  async serve(ready: RegExp, ...command: string[]): Promise<Program> {
    const program = new Program(this.inside(command), SERVER_TIMEOUT_MS);
    this.onStart(program);
    await program.says(ready, PROGRAM_TIMEOUT_MS);
    return program;
  }

  /** An HTTP server that answers with `text` and the address that the request came from. */
  serveWeb(text: string, ...ports: number[]): Promise<Program> {
    const script = `
      let open = 0;
      for (const port of [${ports.join()}]) {
        require('node:http').createServer((request, response) => {
          response.end(${JSON.stringify(text)} + ' ' + request.socket.remoteAddress + '\\n');
        }).listen(port, '0.0.0.0', () => { open += 1; if (open === ${ports.length}) console.log('ready'); });
      }`;
    return this.serve(/ready/, process.execPath, '-e', script);
  }

  /** A UDP server that sends every datagram back, with the address that it came from. */
  serveUdpEcho(port: number): Promise<Program> {
    const script = `
      const socket = require('node:dgram').createSocket('udp4');
      socket.on('message', (text, from) => socket.send(text + ' ' + from.address, from.port, from.address));
      socket.bind(${port}, '0.0.0.0', () => console.log('ready'));`;
    return this.serve(/ready/, process.execPath, '-e', script);
  }

  /** Sends a datagram and prints the answer; status 1 after 2 s without one. */
  udpAsk(address: string, port: number, text: string): Promise<Ended> {
    const script = `
      const socket = require('node:dgram').createSocket('udp4');
      socket.on('message', (answer) => { console.log(String(answer)); process.exit(0); });
      socket.send(${JSON.stringify(text)}, ${port}, ${JSON.stringify(address)});
      setTimeout(() => process.exit(1), 2000);`;
    return this.run(process.execPath, '-e', script);
  }

  /** `curl`, quiet, with 3 s at most; status 0, or 28 where nobody answers. */
  curl(url: string, ...options: string[]): Promise<Ended> {
    return this.run('curl', '--silent', '--show-error', '--max-time', '3', ...options, url);
  }

  /** `ping`, with 2 s for the last answer; status 0 if one came. */
  ping(address: string, ...options: string[]): Promise<Ended> {
    return this.run('ping', '-n', '-c', '3', '-i', '0.2', '-W', '2', ...options, address);
  }

  /** Removes the machine with all that is plugged in. Never throws. */
  remove(): void {
    const quiet = { timeout: IP_TIMEOUT_MS } as const;
    for (const device of this.plugged) spawnSync('ip', ['-n', this.namespace, 'link', 'delete', device], quiet);
    spawnSync('ip', ['netns', 'delete', this.namespace], quiet);
  }

  private inside(command: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.namespace, ...command];
  }

  private sysctl(setting: string): void {
    const { status, stderr } = spawnSync('ip', ['netns', 'exec', this.namespace, 'sysctl', '-qw', setting], { encoding: 'utf8', timeout: IP_TIMEOUT_MS });
    // A kernel without IPv6 has nothing to turn off.
    if (status !== 0 && !setting.includes('ipv6')) throw new Error(`sysctl ${setting}: ${stderr.trim()}`);
  }
}
