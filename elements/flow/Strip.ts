/**
 * Takes bytes off the front of packets, such as the 14 of an Ethernet header. Unstrip puts them back.
 *
 * Of a packet that is shorter nothing is left.
 */
import { stripping } from './strip-element.js';

export default stripping('Strip');
