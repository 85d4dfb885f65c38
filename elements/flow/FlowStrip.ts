/** What Strip is, by the name that FastClick has for it between elements that know flows. */
import { stripping } from './strip-element.js';

export default stripping('FlowStrip');
