/** Figures of a running appliance for Prometheus, on an HTTP address of the user's. */
import { createServer, type Server } from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Running } from '../run/run-request.js';
import type { Snapshot } from '../run/snapshot.js';
import { listen, urlOf, type ListenAddress } from './listen-address.js';

/** Serves `/metrics` until closed. Begins before the appliance does; `attach` gives it the figures. */
export class MetricsServer {
  private running: Running | undefined;
  private readonly registry = new Registry();
  private snapshot: Snapshot | undefined;

  private constructor(private readonly server: Server) {
    this.declare();
  }

  static async open(address: ListenAddress): Promise<MetricsServer> {
    const server = createServer();
    const metrics = new MetricsServer(server);
    server.on('request', (request, response) => {
      if (request.method !== 'GET' || !/^\/(metrics)?(\?|$)/.test(request.url ?? '')) {
        response.writeHead(404).end('Only /metrics is here.\n');
        return;
      }
      metrics.text().then(
        (text) => response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(`${(error as Error).message}\n`),
      );
    });
    await listen(server, address, '--metrics');
    return metrics;
  }

  attach(running: Running): void {
    this.running = running;
  }

  get address(): string {
    return `${urlOf(this.server)}/metrics`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async text(): Promise<string> {
    this.snapshot = this.running?.snapshot();
    return this.registry.metrics();
  }

  private declare(): void {
    for (const [figure, help] of Object.entries(PORT_HELP)) {
      this.counter(`wirelet_port_${figure}_total`, help, ['port'], (snapshot, set) => {
        for (const [port, figures] of Object.entries(snapshot.ports)) set({ port }, figures[figure as keyof typeof figures]);
      });
    }
    this.counter('wirelet_element_packets_total', 'Packets that entered an element.', ['element', 'class'], (snapshot, set) => {
      for (const [element, { class: type, counters }] of Object.entries(snapshot.elements)) set({ element, class: type }, counters['packets'] ?? 0);
    });
    this.counter('wirelet_element_output_packets_total', 'Packets that left an element by an output.', ['element', 'class', 'output'], (snapshot, set) => {
      for (const [element, { class: type, outputs }] of Object.entries(snapshot.elements)) {
        for (const [output, value] of Object.entries(outputs)) set({ element, class: type, output }, value);
      }
    });
    this.counter('wirelet_element_counter_total', 'Counters that elements declare.', ['element', 'class', 'counter'], (snapshot, set) => {
      for (const [element, { class: type, counters }] of Object.entries(snapshot.elements)) {
        for (const [counter, value] of Object.entries(counters)) if (counter !== 'packets') set({ element, class: type, counter }, value);
      }
    });
    this.counter('wirelet_element_drops_total', 'Packets that an element dropped, by reason.', ['element', 'class', 'reason'], (snapshot, set) => {
      for (const [element, { class: type, drops }] of Object.entries(snapshot.elements)) {
        for (const [reason, value] of Object.entries(drops)) set({ element, class: type, reason }, value);
      }
    });
    this.gauge('wirelet_boot_seconds', 'From the execve of the VMM to the first frame out: the VMM, the guest, both.', ['part'], (snapshot, set) => {
      const { vmm_us, guest_us, first_frame_us } = snapshot.boot;
      for (const [part, value] of Object.entries({ vmm: vmm_us, guest: guest_us, first_frame: first_frame_us })) if (value !== null) set({ part }, value / 1e6);
    });
    this.gauge('wirelet_memory_bytes', 'Memory of the guest, and private memory of the VMM.', ['part'], (snapshot, set) => {
      const { guest_bytes, vmm_private_bytes } = snapshot.memory;
      for (const [part, value] of Object.entries({ guest: guest_bytes, vmm_private: vmm_private_bytes })) if (value !== null) set({ part }, value);
    });
    this.gauge('wirelet_info', 'The appliance: always 1.', ['name', 'version', 'vmm'], (_, set) => {
      const { manifest, choice } = this.running!;
      set({ name: manifest?.name ?? '', version: manifest?.version ?? '', vmm: choice.vmm }, 1);
    });
  }

  private counter<L extends string>(name: string, help: string, labelNames: L[], fill: Fill<L>): void {
    const counter: Counter<L> = new Counter({
      name, help, labelNames, registers: [this.registry],
      collect: () => {
        counter.reset();
        if (this.snapshot !== undefined) fill(this.snapshot, (labels, value) => counter.inc(labels, value));
      },
    });
  }

  private gauge<L extends string>(name: string, help: string, labelNames: L[], fill: Fill<L>): void {
    const gauge: Gauge<L> = new Gauge({
      name, help, labelNames, registers: [this.registry],
      collect: () => {
        gauge.reset();
        if (this.snapshot !== undefined) fill(this.snapshot, (labels, value) => gauge.set(labels, value));
      },
    });
  }
}

type Fill<L extends string> = (snapshot: Snapshot, set: (labels: Record<L, string>, value: number) => void) => void;

const PORT_HELP = {
  rx_packets: 'Frames that the appliance received from a port.',
  rx_bytes: 'Bytes of these.',
  tx_packets: 'Frames that it sent to a port.',
  tx_bytes: 'Bytes of these.',
  drops: 'Frames that one side had no room for, or that no interface takes.',
};
