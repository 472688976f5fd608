// Patterns with `*` for any run of characters, also an empty one. No regular expression is made of them: the pattern is walked once, and only
// the last `*` is ever tried again, so the work is bounded by the product of the lengths. Pure.

/** Whether the whole text is of that form; upper and lower case are alike, and no character but `*` is special. */
export function matchesGlob(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = text.toLowerCase();
  let at = 0;
  let from = 0;
  /** Where the last `*` stands, and how much of the text it has not swallowed yet. */
  let star = -1;
  let rest = 0;
  while (from < given.length) {
    if (wanted[at] === '*') {
      star = at++;
      rest = from;
    } else if (at < wanted.length && wanted[at] === given[from]) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++rest;
    } else {
      return false;
    }
  }
  while (wanted[at] === '*') at++;
  return at === wanted.length;
}
