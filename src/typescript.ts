/**
 * TypeScript's parser, required as the CommonJS module that it is. To import it, Node would read its nine megabytes twice
 * more, to find out which kind of module it is and what it exports: half a second of each build.
 */
import './kept-typescript.js';
import ts = require('typescript');

export default ts;
