/** What Unstrip is, by the name that FastClick has for it between elements that know flows. */
import { unstripping } from './unstrip-element.js';

export default unstripping('FlowUnstrip');
