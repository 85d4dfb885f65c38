/** What bench/goals/requests.ts measures is answered: each question, each request of clients that keep their connections. */
import t from 'tap';
import { measureQuestions, measureRequests, questionFrames } from '../../bench/goals/requests.js';

await t.test('all questions of the capture are answered when they are measured', async (t) => {
  t.ok(questionFrames().length > 50);
  const [rate] = await measureQuestions(1);
  t.ok(rate!.value > 0.1, `${rate!.value} million a second`);
});

await t.test('clients in memory keep their connections and get a page for each request', async (t) => {
  const [rate] = await measureRequests(1);
  t.ok(rate!.value > 10, `${rate!.value} thousand a second`);
});
