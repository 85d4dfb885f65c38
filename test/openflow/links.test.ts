/** Links that lead nowhere, as an OpenFlowAgent tells of them: OFPPS_LINK_DOWN in port-status and in the description of ports. */
import t from 'tap';
import { Engine } from '#src/run/node/engine.js';
import { clickGraph } from '../elements/click-graph.js';

const START_US = 1_700_000_000_000_000;
const TICK_US = 600_000;
/** Where a description of a port has its state, from the port's number on. */
const STATE = { 1: 28, 4: 36 } as const;

for (const version of [1, 4] as const) {
  await t.test(`a switch tells of links that lead nowhere, and lead somewhere again (version ${version})`, async (t) => {
    const graph = await clickGraph(`
      switch :: OpenFlowSwitch(lan wan elsewhere); messages :: OpenFlowMessages -> agent :: OpenFlowAgent(switch) -> ToDevice(control);
      agent[1] -> switch; agent[2] -> [2]agent; switch[3] -> [1]agent; switch[2] -> Discard;
      FromDevice(control) -> what :: Classifier(0/00, 0/01); number :: Paint(0, 23) -> messages;
      what[0] -> Strip(1) -> Paint(0) -> number; what[1] -> Strip(1) -> Paint(1) -> number;
      FromDevice(lan) -> Paint(1) -> switch; switch[0] -> ToDevice(lan); FromDevice(wan) -> Paint(2) -> switch; switch[1] -> ToDevice(wan);`);
    const number = (name: string) => graph.interfaces.find((each) => each.name === name)!.index;
    let sent: Buffer[] = [];
    const engine = new Engine(graph, { seed: 1, microseconds: START_US, log: () => undefined, transmit: (_, frame) => void sent.push(Buffer.from(frame)) });
    let now = 0;
    const step = (microseconds: number, bytes?: string): Buffer[] => {
      sent = [];
      now += microseconds;
      if (bytes !== undefined) engine.receive(number('control'), Buffer.from(bytes, 'hex'), { seconds: START_US / 1e6, nanoseconds: 0 });
      engine.step(START_US + now);
      return sent;
    };
    step(1000, '01');
    step(1000, `000${version}00000800000001`);
    const told = () => step(TICK_US).filter((message) => message[1] === 12).map((message) => {
      const port = version === 1 ? message.readUInt16BE(16) : message.readUInt32BE(16);
      const at = 16 + STATE[version];
      return { reason: message[8], port, config: message.readUInt32BE(at - 4), state: message.readUInt32BE(at) };
    });
    t.same(told(), [], 'as long as nothing changes, nothing');
    engine.setLink(number('lan'), false);
    t.same(told(), [{ reason: 2, port: 1, config: 0, state: 1 }]);
    t.same(told(), [], 'once');
    engine.setLink(number('wan'), false);
    engine.setLink(number('lan'), true);
    t.same(told(), [{ reason: 2, port: 1, config: 0, state: 0 }, { reason: 2, port: 2, config: 0, state: 1 }]);
    // Features of 1.0, descriptions of ports of 1.3: a port without an interface of its name is up.
    const [reply] = step(1000, version === 1 ? '000105000800000007' : '000412001000000007000d000000000000');
    const [first, size] = version === 1 ? [32, 48] : [16, 64];
    t.same([0, 1, 2].map((port) => reply!.readUInt32BE(first + port * size + STATE[version])), [0, 1, 0]);
  });
}
