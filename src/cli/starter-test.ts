/** The test that `init` writes beside an appliance: what recorded traffic comes to is kept, and compared. */
import path from 'node:path';

interface Recorded {
  /** Of the interface. */
  readonly name: string;
  /** From the folder on. */
  readonly file: string;
}

/** What an appliance did, by the reference engine, as the test keeps it. */
export async function figuresOf(graph: string, traffic: readonly Recorded[]): Promise<string> {
  const { runAppliance } = await import('../library.js');
  const ports = Object.fromEntries(traffic.map(({ name, file }) => [name, `pcap:in=${path.join(path.dirname(graph), file)}`]));
  const { ports: counts, elements } = await runAppliance(graph, { vmm: 'node', seed: 1, ports, ...(traffic.length === 0 ? { seconds: 0.01 } : {}) });
  return `${JSON.stringify({ ports: counts, elements }, undefined, 2)}\n`;
}

export function testText(name: string, traffic: readonly Recorded[]): string {
  const ports = traffic.map((recorded) => `${recorded.name}: \`pcap:in=\${folder}${recorded.file}\``).join(', ');
  return `/**
 * ${name} ${traffic.length === 0 ? 'is whole' : 'does to recorded traffic what it did'}: \`node --test\`. Run by Node, so that breakpoints in elements hold; \`vmm: 'kvm'\` is the real thing.
 * After a change that is meant: UPDATE=1 node --test
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { runAppliance } from 'wirelet';

const folder = fileURLToPath(new URL('./', import.meta.url));
const expected = \`\${folder}${name}.expected.json\`;

test('${name} ${traffic.length === 0 ? 'is whole' : 'does to recorded traffic what it did'}', async () => {
  const { ports, elements } = await runAppliance(\`\${folder}${name}.yaml\`, { vmm: 'node', seed: 1, ports: { ${ports} }${traffic.length === 0 ? ', seconds: 0.01' : ''} });
  if (process.env.UPDATE === '1') writeFileSync(expected, \`\${JSON.stringify({ ports, elements }, undefined, 2)}\\n\`);
  assert.deepEqual({ ports, elements }, JSON.parse(readFileSync(expected, 'utf8')));
});
`;
}
