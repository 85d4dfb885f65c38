/** Expressions of tcpdump as filters: the program on this machine compiles them when the graph is built. Numbers are those of bpf(4). */
import { spawnSync } from 'node:child_process';
import { ALU, JUMP, OP, WORDS, type PacketFilter } from '../io/packet-filter.js';

/** Instructions, at most, as in the kernel. */
const INSTRUCTIONS_MAX = 4096;
/** tcpdump takes hundredths of a second. */
const COMPILE_MS_MAX = 10_000;

/** The filter of an expression; a text says why there is none. */
export function compileFilter(expression: string): PacketFilter | string {
  const { error, status, stdout, stderr } = spawnSync('tcpdump', ['-y', 'EN10MB', '-ddd', '--', expression], { encoding: 'utf8', timeout: COMPILE_MS_MAX });
  if (error !== undefined) return `tcpdump, which compiles it, cannot be run: ${(error as NodeJS.ErrnoException).code}`;
  if (status !== 0) return stderr.trim().replace(/^tcpdump: /, '');
  const rows = stdout.trim().split('\n').slice(1).map((line) => line.split(' ').map(Number));
  if (rows.length > INSTRUCTIONS_MAX) return `it has ${rows.length} instructions, and may have ${INSTRUCTIONS_MAX}`;
  const filter = { ops: [] as number[], kinds: [] as number[], byX: [] as number[], constants: [] as number[], yes: [] as number[], no: [] as number[] };
  for (const [at, [code = 0, yes = 0, no = 0, constant = 0]] of rows.entries()) {
    const decoded = decode(code, constant);
    if (decoded === undefined) return `instruction ${at} of what tcpdump made of it, ${code}, is unknown`;
    const always = decoded.op === OP.jump && decoded.kind === JUMP.always;
    filter.ops.push(decoded.op);
    filter.kinds.push(decoded.kind);
    filter.byX.push((code & 8) !== 0 ? 1 : 0);
    filter.constants.push(constant);
    filter.yes.push(at + 1 + (always ? constant : yes));
    filter.no.push(at + 1 + no);
  }
  return filter;
}

const SIZES: Readonly<Record<number, number>> = { 0x00: 4, 0x08: 2, 0x10: 1 };
const LOADS: Readonly<Record<number, number>> = { 0x00: OP.loadConstant, 0x20: OP.loadAt, 0x40: OP.loadAtX, 0x60: OP.loadWord, 0x80: OP.loadLength };
const X_LOADS: Readonly<Record<number, number>> = { 0x00: OP.xConstant, 0x60: OP.xWord, 0x80: OP.xLength, 0xa0: OP.headerLength };

function decode(code: number, constant: number): { op: number; kind: number } | undefined {
  const mode = code & 0xe0;
  const known = (op: number | undefined, kind = 0) => (op === undefined ? undefined : { op, kind });
  const word = mode === 0x60 || (code & 7) === 2 || (code & 7) === 3;
  if ((code & 6) !== 4 && word && constant >= WORDS) return undefined;
  switch (code & 7) {
    case 0:
      return SIZES[code & 0x18] === undefined ? undefined : known(LOADS[mode], SIZES[code & 0x18]);
    case 1:
      return known(X_LOADS[mode]);
    case 2:
      return known(OP.store);
    case 3:
      return known(OP.storeX);
    case 4:
      return code >> 4 <= ALU.xor ? known(OP.compute, code >> 4) : undefined;
    case 5:
      return code >> 4 <= JUMP.anyBit ? known(OP.jump, code >> 4) : undefined;
    case 6:
      return known((code & 0x18) === 0x10 ? OP.returnA : OP.returnConstant);
    default:
      return known((code & 0xf8) === 0 ? OP.toX : (code & 0xf8) === 0x80 ? OP.toA : undefined);
  }
}
