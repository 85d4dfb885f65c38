/**
 * Lets packets with a right IPv4 header pass, as CheckIPHeader does, but takes no heed of the checksum: for packets whose header was
 * checked before, or is set later.
 */
import { headerChecker } from './header-checker.js';

export default headerChecker('CheckIPHeader2', false);
