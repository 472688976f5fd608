// The page of a file server that lists its files, for a person with a browser, on a phone and in the dark too. What it shows is printable before it
// gets here and escaped here; it runs nothing and loads nothing, which its policy says as well, so that no name can make it do so.

import { createHash } from 'node:crypto';
import { pathOf, type ServedFile } from './served-file.js';

/** What stands above the list: printable, one line each. */
export interface PageHead {
  readonly title: string;
  /** Of all files, e.g. `2 files, 2.9 MiB`. */
  readonly summary: string;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2330; --faint: #667085; --line: #d9dee7; --link: #2563eb; --ground: #ffffff; --row: #f6f8fb; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf2; --faint: #98a2b3; --line: #344054; --link: #60a5fa; --ground: #101522; --row: #182033; } }
body { margin: 2rem auto; padding: 0 1rem; max-width: 60rem; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; } h1, .path { overflow-wrap: anywhere; }
p { margin: .25rem 0 1.5rem; color: var(--faint); }
table { border-collapse: collapse; width: 100%; } td { padding: .5rem; border-bottom: 1px solid var(--line); vertical-align: top; } tr:hover { background: var(--row); }
.number, .size { width: 1%; text-align: right; white-space: nowrap; color: var(--faint); font-variant-numeric: tabular-nums; }
a { color: var(--link); text-decoration: none; } a:hover, a:focus-visible { text-decoration: underline; }
@media (max-width: 40rem) { body { margin: 1rem auto; } td { padding: .75rem .35rem; } td.number { padding-left: 0; } td.size { padding-right: 0; } }
`;

/** For its header: of all that could be loaded or run, that style, and an icon of nothing, as browsers ask for one. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function filePage(files: readonly ServedFile[], { title, summary }: PageHead): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1 dir="auto">${escapeHtml(title)}</h1>
<p>${escapeHtml(summary)}</p>
<table>
${files.map(rowOf).join('\n')}
</table>
</body>
</html>
`;
}

function rowOf(file: ServedFile): string {
  const { number, length, shown } = file;
  const exact = `${length} ${length === 1 ? 'byte' : 'bytes'}`;
  return [
    `<tr><td class="number">${number}</td>`,
    `<td class="path" dir="auto"><a href="${pathOf(file)}">${escapeHtml(shown.path)}</a></td>`,
    `<td class="size" title="${exact}">${escapeHtml(shown.size)}</td></tr>`,
  ].join('');
}

function escapeHtml(words: string): string {
  return words.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
