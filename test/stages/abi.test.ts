/** Numbers that TypeScript shares with C are those of native/abi/wirelet_abi.h. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { CORES_MAX } from '#src/graph/split.js';
import * as limits from '#src/kit/limits.js';
import { packageRoot } from '#src/package-root.js';
import { SERIAL_BYTES_MAX } from '#src/run/control/serial-frames.js';

const read = (file: string) => readFileSync(path.join(packageRoot, file), 'utf8');
const header = read('native/abi/wirelet_abi.h');
const defined = new Map([...header.matchAll(/^#define (WL_\w+) (0x[\da-f]+|\d+)(?:u?l?l?)\b/gm)].map((match) => [match[1]!, BigInt(match[2]!)]));
const offsets = new Map([...header.matchAll(/WL_ASSERT\(offsetof\(struct (\w+), (\w+)\) == (\d+)/g)].map((match) => [`${match[1]}.${match[2]}`, Number(match[3])]));
const sizes = new Map([...header.matchAll(/WL_ASSERT\(sizeof\(struct (\w+)\) == (\d+)/g)].map((match) => [match[1]!, Number(match[2])]));

/** The value of a constant that a file does not export. */
function constantIn(file: string, name: string): bigint {
  const match = new RegExp(`^const ${name} = (0x[\\da-f_]+|[\\d_]+)n?;`, 'm').exec(read(file));
  if (match === null) throw new Error(`${file} has no constant ${name}`);
  return BigInt(match[1]!.replaceAll('_', ''));
}

t.test('requests of a control channel', (t) => {
  const channel = [...read('native/abi/wl_channel_abi.h').matchAll(/^#define WL_(CHANNEL_(?:BYTES_MAX|READ|WRITE|HOLD|RELEASE|DROP|TAP)) (0x[\da-f]+|\d+)u?\b/gm)];
  t.equal(channel.length, 7);
  for (const [, name, value] of channel) t.equal(constantIn('src/run/control/host-channel.ts', name!), BigInt(value!), name);
  t.equal(constantIn('src/run/control/channel.ts', 'CHANNEL_CORE_SHIFT'), BigInt(/CORE_SHIFT (\d+)/.exec(read('native/abi/wl_channel_abi.h'))![1]!));
  t.end();
});

t.test('frames of a serial port', (t) => {
  const serial = new Map([...read('native/abi/wl_channel_abi.h').matchAll(/^#define WL_(SERIAL_\w+|CHANNEL_(?:READ|WRITE|OTHER_IMAGE)) (0x[\da-f]+|\d+)u?\b/gm)].map((match) => [match[1]!, BigInt(match[2]!)]));
  const frames = 'src/run/control/serial-frames.ts';
  t.equal(serial.get('SERIAL_BEGIN'), constantIn(frames, 'SERIAL_BEGIN'));
  t.equal(serial.get('SERIAL_BEGIN'), constantIn('src/image/link-guest.ts', 'IDENTITY_BEGIN'));
  t.equal(serial.get('SERIAL_BYTES_MAX'), BigInt(SERIAL_BYTES_MAX));
  const channel = 'src/run/control/serial-channel.ts';
  for (const name of ['CHANNEL_READ', 'CHANNEL_WRITE']) t.equal(serial.get(name), constantIn(channel, name));
  t.equal(serial.get('CHANNEL_OTHER_IMAGE'), constantIn(channel, 'STATUS_OTHER_IMAGE'));
  // struct wl_control is words of 32 and 64 bits, without gaps.
  const fields = [.../^struct wl_control \{([\s\S]*?)^\};/m.exec(header)![1]!.matchAll(/^ {2}uint(32|64)_t (\w+);/gm)];
  let at = 0;
  const places = new Map(fields.map(([, bits, name]) => [name!, (at += Number(bits) / 8) - Number(bits) / 8] as const));
  t.equal(places.get('step_done'), 128);
  for (const [name, field] of [['STOP', 'stop'], ['LOG_TAIL', 'log_tail'], ['HOLD_QUEUE', 'hold_queue'], ['TAP_EDGES', 'tap_edges'], ['TAP_FRAME_BYTES', 'tap_frame_bytes'], ['HOLD_SILENT_MS', 'hold_silent_ms'], ['STATE', 'state'], ['HELD', 'held'], ['HOLD_DONE', 'hold_done']] as const) {
    t.equal(constantIn(channel, name), BigInt(places.get(field)!), field);
  }
  for (const [name, field] of [['SEED', 'seed'], ['LOG_TAIL', 'log_tail'], ['LOG_HEAD', 'log_head'], ['LOG_LOST', 'log_lost'], ['TSC_ENTRY', 'tsc_entry']] as const) {
    t.equal(constantIn('src/run/control/serial-figures.ts', name), BigInt(places.get(field)!), field);
  }
  t.end();
});

t.test('copies of frames', (t) => {
  for (const name of ['TAP_BYTES', 'TAP_INTERFACES_MAX']) t.equal(constantIn('src/run/control/live-tap.ts', name), defined.get(`WL_${name}`), name);
  t.equal(constantIn('src/run/control/live-tap.ts', 'TAP_RECORD_BYTES'), BigInt(sizes.get('wl_tap_record')!));
  t.equal(constantIn('src/run/control/live-tap.ts', 'TAP_RING'), BigInt(offsets.get('wl_tap.bytes')!));
  t.end();
});

t.test('the limits of the packet path', (t) => {
  for (const [name, value] of Object.entries(limits)) t.equal(defined.get(`WL_${name}`), BigInt(value), name);
  t.equal(defined.get('WL_INTERFACES_MAX'), BigInt(limits.INTERFACES_MAX));
  t.equal(defined.get('WL_CORES_MAX'), BigInt(CORES_MAX));
  t.end();
});

t.test('how time goes on for who never rests', (t) => {
  for (const name of ['STEPS_AT_ONCE_MAX', 'STEP_NS']) t.equal(constantIn('src/run/node/virtual-run.ts', name), defined.get(`WL_${name}`), name);
  t.end();
});

t.test('how an image says what it is', (t) => {
  t.equal(defined.get('WL_IMAGE_MAGIC'), constantIn('src/image/image.ts', 'IMAGE_MAGIC'));
  t.equal(defined.get('WL_ABI_VERSION'), constantIn('src/image/image.ts', 'ABI_VERSION'));
  t.end();
});

t.test('where the shared part has its figures', (t) => {
  const file = 'src/run/shared-memory.ts';
  t.equal(offsets.get('wl_control.interfaces'), Number(constantIn(file, 'CONTROL_INTERFACES')));
  t.equal(sizes.get('wl_interface_counters'), Number(constantIn(file, 'INTERFACE_BYTES')));
  t.equal(offsets.get('wl_control.tsc_entry'), Number(constantIn(file, 'STAMPS')));
  t.equal(offsets.get('wl_control.no_room'), Number(constantIn(file, 'LINES_OF_GUEST')) + Number(constantIn(file, 'NO_ROOM')));
  t.match(header, /^ {2}uint64_t magic;.*\n {2}uint32_t abi_version;\n {2}uint32_t flags;\n {2}uint64_t tsc_hz;/m, 'tsc_hz is at byte 16');
  t.equal(Number(constantIn(file, 'TSC_HERTZ')), 16);
  t.end();
});
