/**
 * Sends each packet to the output that its colour (see Paint) chooses: output n gets colours n, n plus the number of outputs, and so on.
 */
import { annotation, ANNOTATIONS, defineElement, ethernet, example, many, push } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'PaintRR',
  config: { anno: annotation({ size: 1, default: ANNOTATIONS.paint.offset, doc: 'The annotation that holds the colour.' }) },
  ports: {
    inputs: { in: push('Painted packets; one that was never painted has colour 0.') },
    outputs: push(many('Packets whose colour leaves that number over when it is divided by the number of outputs.', { min: 1, max: 255 })),
  },
  split: 'each',
  process: (packet, { config, outputs }) => outputs[packet.annotationU8(config.anno) % outputs.length],
  examples: [
    example('goes by the colour', [{ ...frame, paint: 1 }, { ...frame, paint: 5 }, frame], { 0: frame, 1: frame, 2: frame }, { outputs: 3 }),
    example('looks at another annotation', frame, { 1: frame }, { config: '20', before: 'Paint(3, 20)', outputs: 2 }),
  ],
});
