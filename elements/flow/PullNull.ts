/** Passes packets on as they are where they are pulled: it makes its neighbours pull. */
import { pullNull } from './null-element.js';

export default pullNull('PullNull');
