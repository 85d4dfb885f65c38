/**
 * How long a frame must be for the elements right behind an interface, as far as each frame takes the same way: of a frame
 * that has so many bytes none of their checks fails. One look at its length then stands for all of them; C compilers see
 * that, once they know where the frame begins and how long it is.
 */
import type { CheckedGraph, Instance, PortEnd } from '../graph/graph.js';
import type { Block, Condition, Expression, Local, Pointer } from './ir.js';
import type { InstanceRoutines } from './routines.js';

/** Checks that are worth a look of their own: with one, that check is the look. */
const CHECKS_MIN = 2;
/** Bytes that each frame of Ethernet has without its check sequence (IEEE 802.3, 3.2.7): what needs more is asked where it is read. */
const FRAME_BYTES_MIN = 60;

/** The bytes that frames from an interface need for what all of them meet behind `target`; none where that is checked once at most. */
export function leastFrame(graph: CheckedGraph, routines: readonly InstanceRoutines[], target: PortEnd): number | undefined {
  const way = new Way();
  const seen = new Set<number>();
  for (let next: PortEnd | undefined = target; next !== undefined && !seen.has(next.instance); ) {
    seen.add(next.instance);
    const { outputs, inputs, class: { definition } }: Instance = graph.instances[next.instance]!;
    if (definition.device !== undefined || inputs[next.port]!.processing !== 'push') break;
    const output = way.follow(routines[next.instance]!.process[next.port]?.body ?? []);
    next = output === undefined || outputs[output]!.processing !== 'push' ? undefined : outputs[output]!.to[0];
  }
  return way.checks >= CHECKS_MIN ? way.bytes : undefined;
}

/** What was met so far. */
class Way {
  checks = 0;
  bytes = 0;
  /** Where the packet's data begins, in bytes from the frame's start. */
  private start = 0;

  /** Goes through a routine as far as all packets do; the output by which they leave, if they all take one. */
  follow(body: Block): number | undefined {
    const views = new Map<number, number>();
    /** Locals that are how far the packet's end is from there. */
    const lengths = new Map<Local, number>();
    const placeOf = (pointer: Pointer): number | undefined => {
      if ('view' in pointer) return views.get(pointer.view);
      return pointer.part === 'data' && pointer.packet.main ? this.start : undefined;
    };
    const lengthFrom = (value: Expression): number | undefined => {
      if (value.op === 'local') return lengths.get(value.local);
      return value.op === 'distance' && 'packet' in value.to && value.to.packet.main && value.to.part === 'end' ? placeOf(value.from) : undefined;
    };
    /** Where a condition asks whether there are fewer bytes than so many. */
    const shortage = (condition: Condition): { place: number | undefined; bytes: number } | undefined => {
      if (condition.op !== 'compare' || condition.operator !== '<' || condition.b.op !== 'number') return undefined;
      return { place: lengthFrom(condition.a), bytes: condition.b.value };
    };
    const walk = (block: Block): number | undefined | 'on' => {
      for (const statement of block) {
        switch (statement.op) {
          case 'trap-if': {
            const check = shortage(statement.condition);
            if (check !== undefined) this.note(check.place, check.bytes);
            break;
          }
          case 'set': {
            const { local, value } = statement;
            const place = lengthFrom(value);
            if (place === undefined) lengths.delete(local);
            else lengths.set(local, place);
            break;
          }
          case 'view': {
            const place = placeOf(statement.pointer);
            if (place === undefined || statement.offset.op !== 'number') views.delete(statement.view);
            else views.set(statement.view, place + statement.offset.value);
            break;
          }
          case 'move':
            if (!statement.packet.main || statement.by.op !== 'number') return undefined;
            this.start += statement.by.value;
            break;
          case 'block': {
            const inner = walk(statement.body);
            if (inner !== 'on') return inner;
            break;
          }
          case 'if': {
            // Such as checks that were made one: frames that are long enough go on at its other side.
            const check = shortage(statement.condition);
            if (check === undefined || !this.note(check.place, check.bytes)) return undefined;
            const inner = walk(statement.otherwise);
            if (inner !== 'on') return inner;
            break;
          }
          case 'finish':
            return statement.packet?.main === true && statement.to?.kind === 'output' ? statement.to.index : undefined;
          case 'loop':
          case 'leave':
          case 'cut':
          case 'unstrip':
          case 'prepend':
          case 'append':
          case 'invoke':
            return undefined;
          default:
            break;
        }
      }
      return 'on';
    };
    const output = walk(body);
    return output === 'on' ? undefined : output;
  }

  /** Whether a check at a known place is of no more bytes than each frame has; it counts then. */
  private note(place: number | undefined, bytes: number): boolean {
    if (place === undefined || place + bytes > FRAME_BYTES_MIN) return false;
    // What a longer look has seen, C compilers know.
    if (place + bytes > this.bytes) this.checks += 1;
    this.bytes = Math.max(this.bytes, place + bytes);
    return true;
  }
}
