// expect WL2017 5:16 the compiler finds no element definition here
import { defineElement } from 'wirelet';
const make = [defineElement];

export default make[0]({
  name: 'NoDefinition',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  process: (packet, { outputs }) => outputs.out,
});
