/** The lines of ProgressBar, as a terminal of 60 columns shows them. */
import t from 'tap';
import { progressLine, type Progress } from '#elements/control/progress-line.js';

const line = (given: Partial<Progress>) => progressLine({ banner: '', position: 50, size: 200, isShown: true, isOver: false, elapsed: 10, isStalled: false, width: 60, ...given });

t.test('a share of the size is a bar, and the time that is left is estimated', (t) => {
  t.equal(line({}), '\r 25% |*******                      |    50      00:30 ETA');
  t.equal(line({ banner: 'x', position: 300_000, size: 400_000 }), '\rx  75% |********************       |   292KB    00:03 ETA');
  t.end();
});

t.test('without a size a mark goes back and forth', (t) => {
  t.equal(line({ size: undefined, position: 15_000_000 }), '\r|               ***                | 14648KB    --:-- ETA');
  t.equal(line({ size: undefined, isOver: true }), `\r|${'-'.repeat(34)}|    50      00:10    \n`);
  t.end();
});

t.test('what is not known or does not move is told so', (t) => {
  t.equal(line({ position: undefined }), '\r  -% |-----------------------------| -----      --:-- ETA');
  t.equal(line({ isStalled: true }), '\r 25% |*******                      |    50    - stalled -');
  t.equal(line({ position: 201 }), '\r100% |*****************************|   201      --:-- ETA');
  t.end();
});

t.test('a position that only means a share is not shown, and hours are', (t) => {
  t.equal(line({ isShown: false, elapsed: 5000 }), '\r 25% |*********                            |  4:10:00 ETA');
  t.equal(line({ size: 0, position: 0, isOver: true, width: 20 }), '\r100%      0      00:10    \n');
  t.end();
});
