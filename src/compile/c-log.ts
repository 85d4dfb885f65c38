/** C for the lines of text that elements print. */
import { asType, expressionText, packetName } from './c-expression.js';
import type { Lines } from './c-lines.js';
import type { Surroundings } from './c-surroundings.js';
import type { Statement } from './ir.js';

/** A piece of the line, or its end. */
export function logText(lines: Lines, statement: Extract<Statement, { op: 'log' }>, around: Surroundings): void {
  const { piece, at } = statement;
  switch (piece.kind) {
    case 'text': {
      const bytes = Buffer.from(piece.text);
      return lines.add(`wl_log_text((const char *)${around.bytes(bytes)}, ${bytes.length});`, at);
    }
    case 'hexadecimal':
      return lines.add(`wl_log_hexadecimal((uint64_t)${asType(piece.value, 'int64_t', around)}, ${piece.width}, "0123456789ABCDEF");`, at);
    case 'lower-hexadecimal':
      return lines.add(`wl_log_hexadecimal((uint64_t)${asType(piece.value, 'int64_t', around)}, ${piece.width}, "0123456789abcdef");`, at);
    case 'decimal':
      return lines.add(`wl_log_decimal(${asType(piece.value, 'int64_t', around)}, ${piece.width});`, at);
    case 'hex':
    case 'ascii': {
      const place = `${packetName.data(piece.packet)} + ${expressionText(piece.offset, around)}`;
      return lines.add(`wl_log_${piece.kind}(${place}, ${asType(piece.count, 'uint32_t', around)});`, at);
    }
    case 'end':
      return lines.add('wl_log_end();', at);
  }
}
