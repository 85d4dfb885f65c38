/** Asks a running site. */
import { createConnection } from 'node:net';
import { DiagnosticError, failure, type Diagnostic, type DiagnosticJson } from '../diagnostics.js';
import type { RackFigures, SwapRequest } from './rack.js';
import type { ApplianceFigures } from './rack-appliance.js';
import { RackFolder } from './rack-folder.js';
import type { SwitchPortFigures } from './switch-daemon.js';

export type RackCommand = { readonly command: 'figures' | 'down' } | { readonly command: 'restart'; readonly name: string } | ({ readonly command: 'swap' } & SwapRequest);

/** Fails with WL4211 when no site runs, and with what the site says. */
export async function askRack(command: RackCommand): Promise<unknown> {
  const folder = new RackFolder();
  if (folder.running() === undefined) throw failure('WL4211', 'no site runs', 'wirelet up SITE starts one.');
  const text = await exchange(folder.socket, `${JSON.stringify(command)}\n`);
  if (text === '') throw failure('WL4212', 'the site does not answer', 'It may be starting or ending: try again.');
  const answer = JSON.parse(text) as { ok: true; result: unknown } | { ok: false; diagnostics: DiagnosticJson[] };
  if (answer.ok) return answer.result;
  throw new DiagnosticError(answer.diagnostics.map(fromJson));
}

export async function askFigures(): Promise<RackFigures> {
  return (await askRack({ command: 'figures' })) as RackFigures;
}

/** A diagnostic that went through a socket: its place is part of the message. */
export function fromJson({ code, severity, message, hint, file, line, column }: DiagnosticJson): Diagnostic {
  return { code, severity, message: file === null ? message : `${file}:${line}:${column}: ${message}`, ...(hint === null ? {} : { hint }) };
}

/** An appliance with its rates between two looks; rx is what it received. */
export type ApplianceRates = ApplianceFigures & {
  readonly rx_pps: number | null;
  readonly tx_pps: number | null;
  readonly drops_pps: number | null;
  /** Cycles of its processor for each packet that it received (or sent, if more), looking for work included. */
  readonly cycles_per_packet: number | null;
};

export function ratesBetween(before: RackFigures, after: RackFigures): ApplianceRates[] {
  const seconds = before.figures === null || after.figures === null ? 0 : (after.figures.at_ns - before.figures.at_ns) / 1e9;
  const sum = (figures: RackFigures, name: string, count: (port: SwitchPortFigures) => number) =>
    (figures.figures?.ports ?? []).filter((port) => port.kind === 'ring' && port.name.startsWith(`${name}.`)).reduce((total, port) => total + count(port), 0);
  const drops = (port: SwitchPortFigures) => Object.values(port.drops).reduce((total, count) => total + count, 0);
  return after.appliances.map((appliance) => {
    const rate = (count: (port: SwitchPortFigures) => number) => (seconds <= 0 ? null : Math.max(0, Math.round((sum(after, appliance.name, count) - sum(before, appliance.name, count)) / seconds)));
    // What the switch sent there, the appliance received.
    const rates = { rx_pps: rate((port) => port.tx_packets), tx_pps: rate((port) => port.rx_packets), drops_pps: rate(drops) };
    const earlier = before.appliances.find(({ name, pid }) => name === appliance.name && pid === appliance.pid)?.processor_ns ?? null;
    return { ...appliance, ...rates, cycles_per_packet: cyclesPerPacket(appliance, earlier, seconds * Math.max(rates.rx_pps ?? 0, rates.tx_pps ?? 0)) };
  });
}

function cyclesPerPacket({ processor_ns: now, ghz }: ApplianceFigures, earlier: number | null, packets: number): number | null {
  return now === null || earlier === null || ghz === null || packets < 1 ? null : Math.round((ghz * (now - earlier)) / packets);
}

function exchange(path: string, line: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = createConnection(path, () => socket.write(line));
    socket.on('data', (data) => (text += data.toString('utf8')));
    socket.on('error', () => resolve(''));
    socket.on('close', () => resolve(text));
  });
}
