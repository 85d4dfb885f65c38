/** Another name of ICMPPingSource, which it had before. */
export { default } from './ICMPPingSource.js';
