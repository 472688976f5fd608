// A text of others as one line that can be printed: control characters, marks of direction, what is no character, and white space become a
// single space.

/** A line as nearly every one is: a look at it costs next to nothing, and to make ready for all of Unicode most of a millisecond. */
const PLAIN = /^(?:[!-~]+(?: [!-~]+)*)?$/;
/** Characters up to which it is looked at so: of millions of words the expression would fill the stack. */
const MAX_LOOKED_AT = 4096;

/** Without space at its ends. */
export function printableLine(text: string): string {
  if (text.length <= MAX_LOOKED_AT && PLAIN.test(text)) return text;
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}
