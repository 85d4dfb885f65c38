import type { Span } from '../diagnostics.js';
import type { ArrayNames } from './c-expression.js';
import type { Lines } from './c-lines.js';
export function classifyText(_l: Lines, _p: object, _n: Record<string, string>, _r: string, _a: ArrayNames, _at: Span): void { throw new Error('classify'); }
