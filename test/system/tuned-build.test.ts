/** What `build --profile` and `build --cpu native` make does what an image without them does. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { refuseOtherProcessor } from '#src/image/processor.js';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-tuned-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => path.join(folder, name);
const traffic = (name: string) => path.join(packageRoot, 'configs/traffic/nat', `${name}-in.pcap`);
const PROFILE = ['--profile', `inside=${traffic('inside')}`, '--profile', `outside=${traffic('outside')}`];
const gcc = (() => {
  try {
    return execFileSync('gcc', ['--version']).length > 0;
  } catch {
    return false;
  }
})();

/** Everything that a run of an image did: frames out and figures of the elements. */
async function outcomeOf(image: string, vmm: string): Promise<{ frames: string[]; elements: unknown }> {
  const out = ['inside', 'outside'].map((name) => at(`${name}-out.pcap`));
  const { status, stdout, stderr } = await wirelet(['run', image, '--vmm', vmm, '--until-idle', '--json', '--port', `inside=pcap:in=${traffic('inside')},out=${out[0]}`, '--port', `outside=pcap:in=${traffic('outside')},out=${out[1]}`]);
  if (status !== 0) throw new Error(stderr);
  return { frames: out.map((file) => readFileSync(file).toString('hex')), elements: JSON.parse(stdout).elements };
}

const WAYS = { 'by a profile': PROFILE, 'for this processor': ['--cpu', 'native'], both: [...PROFILE, '--cpu', 'native'] };

for (const [target, vmm] of [['native', 'native'], ['vm', 'kvm']] as const) {
  const skip = vmm === 'kvm' && !probeKvm().usable ? 'there is no usable /dev/kvm' : false;
  t.test(`an image for ${target} that is built in another way does the same`, { skip, timeout: 600_000 }, async (t) => {
    const suffix = target === 'vm' ? 'elf' : 'so';
    const build = async (name: string, ...options: string[]) => {
      const { status, stderr } = await wirelet(['build', 'configs/nat.yaml', '-o', at(name), '--target', target, ...options]);
      t.equal(status, 0, stderr);
      return at(name);
    };
    const plain = await outcomeOf(await build(`plain.${suffix}`), vmm);
    t.ok(plain.frames.every((frames) => frames.length > 1000), 'frames came out at both sides');
    for (const [what, options] of Object.entries(WAYS)) {
      if (options.includes('--profile') && !gcc) {
        t.comment(`skipped, ${what}: there is no gcc`);
        continue;
      }
      const tuned = await build(`tuned.${suffix}`, ...options);
      t.notOk(readFileSync(tuned).equals(readFileSync(at(`plain.${suffix}`))), `${what}: the code is other code`);
      const outcome = await outcomeOf(tuned, vmm);
      t.ok(outcome.frames.every((frames, side) => frames === plain.frames[side]), `${what}: the same frames`);
      t.same(outcome.elements, plain.elements, `${what}: the same figures`);
    }
  });
}

t.test('an image for this processor says so, and runs by no other', async (t) => {
  const { status } = await wirelet(['build', 'configs/wire.yaml', '-o', at('wire.elf'), '--cpu', 'native']);
  t.equal(status, 0);
  const { processor_features: features } = JSON.parse((await wirelet(['inspect', at('wire.elf'), '--json'])).stdout);
  t.notOk(features.includes('avx'), 'a guest keeps no state of AVX');
  t.doesNotThrow(() => refuseOtherProcessor(features, false));
  t.throws(() => refuseOtherProcessor([...features, 'x87_of_the_future'], false), /WL3005/);
  if (features.length > 0) t.match(await wirelet(['run', at('wire.elf'), '--vmm', 'qemu', '--until-idle']), { status: /[1-9]/, stderr: /WL3005|WL5019/ });
});

t.test('a profile that cannot be taken is refused with what to do', async (t) => {
  const build = (...options: string[]) => wirelet(['build', 'configs/wire.yaml', '-o', at('none.elf'), ...options]);
  t.match(await build('--profile', `lam=${traffic('inside')}`), { status: 1, stderr: /WL3004 .*no interface "lam"/ });
  t.match(await build('--profile', at('missing.pcap')), { status: 1, stderr: /WL3004 .*cannot be read/ });
  writeFileSync(at('damaged.pcap'), 'no capture');
  t.match(await build('--profile', at('damaged.pcap')), { status: 1, stderr: /WL3004 .*neither pcap nor pcapng/ });
  t.match(await build('--cpu', 'z80'), { status: 2, stderr: /WL1391/ });
});
