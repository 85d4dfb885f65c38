/** Binary fractions as decimal text, as Click shows probabilities and averages. */

/**
 * The shortest decimal text that reads back as `scaled` / 2^`bits`, by Knuth's `print_scaled` (TeX: The Program, 103), which Click took over. `bits` is 28 at
 * most; `scaled` is taken modulo 2^32, as Click does.
 */
export function fixedPointText(scaled: number, bits: number): string {
  const one = 2 ** bits;
  const value = scaled % 2 ** 32;
  let text = String(Math.trunc(value / one));
  let rest = value % one;
  if (rest === 0) return text;
  text += '.';
  rest = 10 * rest + 5;
  let rounder = 5;
  while (rounder < one / 2) rounder *= 10;
  let inaccuracy = 10;
  do {
    // The last digit that still counts is rounded.
    if (inaccuracy > one) rest += Math.trunc(one / 2) - rounder;
    text += String(Math.trunc(rest / one));
    rest = 10 * (rest % one);
    inaccuracy *= 10;
  } while (rest > inaccuracy);
  return text;
}
