/** Passes packets on as they are where they are pushed: it makes its neighbours push. */
import { pushNull } from './null-element.js';

export default pushNull('PushNull');
