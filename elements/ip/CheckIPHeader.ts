/**
 * Lets packets with a right IPv4 header pass, and marks where it and the transport header begin; what the link
 * layer added behind the packet is cut off. The others leave by `bad`, counted by what is wrong.
 *
 * Checked are version, header length, total length, checksum (RFC 791, 3.1), and the source address: not
 * one of BADSRC, nor, if INTERFACES are given, a broadcast address or 0.0.0.0 (RFC 1812, 5.3.7). The packet's
 * destination becomes its destination annotation.
 */
import { headerChecker } from './header-checker.js';

export default headerChecker('CheckIPHeader', true);
