// expect WL2007 13:27 may be outside 0..15
import { defineElement, array } from 'wirelet';

export default defineElement({
  name: 'StaleCondition',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  state: { cells: array('u16', 16) },
  process(packet, { state, outputs }) {
    let place = packet.loadU8(0);
    const fits = place < 16;
    place = packet.loadU8(1);
    if (fits) state.cells[place] = 1;
    return outputs.out;
  },
});
