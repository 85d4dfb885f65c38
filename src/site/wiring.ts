/** Which interfaces a site has, and what each is connected to. */
import type { Diagnostics, Span } from '../diagnostics.js';
import { suggestion } from '../suggest.js';
import type { PortEnd, SiteAppliance, SitePort, Vlans } from './site.js';

export class Wiring {
  private readonly devices = new Map<string, PortEnd>();
  private readonly connected = new Map<string, Span>();

  constructor(
    /** Appliances by the name that the file gives them. */
    readonly groups: ReadonlyMap<string, readonly SiteAppliance[]>,
    private readonly diagnostics: Diagnostics,
  ) {}

  addDevice(name: string, end: PortEnd, span: Span): void {
    if (this.groups.has(name)) this.diagnostics.error('WL1024', span, `"${name}" is an appliance and an interface of the host`, 'Choose another name for one of them.');
    this.devices.set(name, end);
  }

  isDevice(name: string): boolean {
    return this.devices.has(name);
  }

  /** Names of what a chain or a network may name. */
  get names(): string[] {
    return [...this.groups.keys(), ...this.devices.keys()];
  }

  /** The ports that `firewall.lan` or `lan0` stands for: one for each appliance of that name. Each connects once. */
  connect(name: string, span: Span, vlans: Vlans): SitePort[] {
    return this.find(name, span).flatMap((port) => {
      const earlier = this.connected.get(port.name);
      if (earlier !== undefined) {
        this.diagnostics.error('WL4202', span, `"${port.name}" is connected twice`, 'An interface is in one network.', [{ message: 'first connected here', span: earlier }]);
        return [];
      }
      this.connected.set(port.name, span);
      return [{ ...port, vlans, span }];
    });
  }

  private find(name: string, span: Span): { name: string; end: PortEnd }[] {
    const device = this.devices.get(name);
    if (device !== undefined) return [{ name, end: device }];
    const [group, wanted] = [name.slice(0, Math.max(0, name.indexOf('.'))), name.slice(name.indexOf('.') + 1)];
    const appliances = this.appliancesOf(group);
    if (appliances !== undefined) return appliances.map((appliance) => ({ name: `${appliance.name}.${wanted}`, end: { kind: 'ring', appliance: appliance.name, interface: wanted } }));
    if (group === '' && this.groups.has(name)) {
      this.diagnostics.error('WL4200', span, `which interface of "${name}" is meant?`, `Write ${name}.INTERFACE, for example ${name}.lan.`);
    } else {
      const hint = suggestion(group === '' ? name : group, this.names) ?? `There are ${this.names.join(', ') || 'none'}.`;
      this.diagnostics.error('WL4200', span, group === '' ? `the host has no interface "${name}"` : `there is no appliance "${group}"`, hint);
    }
    return [];
  }

  /** All of a name, or one of several, such as `firewall-2`; undefined: there are none. */
  appliancesOf(name: string): readonly SiteAppliance[] | undefined {
    return this.groups.get(name) ?? this.one(name);
  }

  private one(name: string): SiteAppliance[] | undefined {
    for (const group of this.groups.values()) for (const appliance of group) if (appliance.name === name) return [appliance];
    return undefined;
  }
}
