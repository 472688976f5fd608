// Columns that a text takes on a terminal: Chinese characters and emoji take two. The library that knows is slow to load,
// so plain ASCII, which is nearly everything, is counted here, and the rest is loaded only when it is met.

export type WidthOf = (text: string) => number;

const PRINTABLE_ASCII = /^[\u0020-\u007E]*$/;

/** ASCII, the ellipsis, and the blocks that bars are made of. */
const SINGLE = /^[\u0020-\u007E\u2026\u2500-\u259F]*$/;

/** Right for what we write ourselves; counts anything else as two columns, which is never too few for a visible character. */
export const roughWidth: WidthOf = (text) => {
  if (SINGLE.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += SINGLE.test(character) ? 1 : 2;
  return width;
};

/** A measure that is right for `text` and all of its parts. */
export async function loadWidthFor(text: string): Promise<WidthOf> {
  if (PRINTABLE_ASCII.test(text)) return roughWidth;
  const { default: stringWidth } = await import('string-width');
  return (part) => (PRINTABLE_ASCII.test(part) ? part.length : stringWidth(part));
}

/** At most `columns` wide: a longer text keeps its beginning and ends in an ellipsis. No character is cut in half. */
export function truncateToWidth(text: string, columns: number, widthOf: WidthOf): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  const clusters = PRINTABLE_ASCII.test(text) ? text : splitClusters(text);
  let kept = '';
  let width = 0;
  for (const cluster of clusters) {
    const next = widthOf(cluster);
    if (width + next > columns - 1) break;
    kept += cluster;
    width += next;
  }
  return `${kept}…`;
}

function* splitClusters(text: string): Generator<string> {
  for (const { segment } of new Intl.Segmenter().segment(text)) yield segment;
}
