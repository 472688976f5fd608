// The report of a run as one HTML page that needs nothing else: no script, no font, no picture from outside, which its own content policy
// says too. Everything that comes from a torrent, a peer or a tracker is printable and escaped before it gets here.

import prettyMs from 'pretty-ms';
import { formatBytes, formatCount, formatPercent, formatRate } from '../render/human-numbers.js';
import { sanitise } from '../render/sanitise.js';
import type { RecordedRun, SourceRow, SpeedSample } from './recorder.js';
import { drawPieces, drawSpeed, escapeMarkup, MAX_CELLS } from './svg.js';

/** One torrent of the run. */
export interface ReportedTorrent {
  readonly name: string;
  /** Hex; empty where it was never known. */
  readonly infoHash: string;
  /** `whole`, `stopped`, or what failed. */
  readonly outcome: string;
  readonly isWhole: boolean;
  /** Of the result; null where there is none. */
  readonly path: string | null;
  readonly pieceBytes: number;
  readonly run: RecordedRun;
}

export interface ReportFacts {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly version: string;
  readonly torrents: readonly ReportedTorrent[];
}

const MAX_TEXT = 1000;
/** Rows of peers: the rest is one row. */
const MAX_ROWS = 50;

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2330; --faint: #667085; --line: #d9dee7; --down: #2563eb; --soft: #2563eb26; --up: #d97706; --ground: #ffffff; --panel: #f6f8fb; --good: #15803d; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf2; --faint: #98a2b3; --line: #344054; --down: #60a5fa; --soft: #60a5fa33; --up: #fbbf24; --ground: #101522; --panel: #182033; --good: #4ade80; --bad: #f97066; } }
body { margin: 2rem auto; padding: 0 1rem; max-width: 60rem; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 2rem 0 .5rem; line-height: 1.25; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } h1, h2, td, dd, .outcome { overflow-wrap: anywhere; }
.outcome { font-weight: 600; color: var(--bad); border-left: 4px solid; padding-left: .75rem; margin: 0 0 1rem; } .outcome.whole { color: var(--good); }
a { color: var(--down); } dl { margin: 1rem 0; } dt { color: var(--faint); } dd { margin: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; } .tiles div { background: var(--panel); border-radius: 6px; padding: .6rem .8rem; }
.tiles dt { font-size: .85rem; } .tiles dd { font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
svg { display: block; width: 100%; background: var(--panel); border-radius: 6px; } svg text { font-size: 11px; fill: var(--faint); }
.grid { stroke: var(--line); } .down { fill: var(--down); fill-opacity: .25; stroke: var(--down); } .up { fill: none; stroke: var(--up); stroke-width: 1.5; }
.came { fill: var(--down); } .before { fill: var(--good); fill-opacity: .55; } .partly { fill: var(--up); } .missing { fill: var(--faint); fill-opacity: .5; }
.key { color: var(--faint); font-size: .9rem; margin: .5rem 0; } .key span { white-space: nowrap; margin-right: 1.25rem; }
.key i { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; border-radius: 2px; vertical-align: -1px; background: var(--down); }
.key i.up { background: var(--up); } .key i.before { background: var(--good); opacity: .55; } .key i.partly { background: var(--up); } .key i.missing { background: var(--faint); opacity: .5; }
.key i.came { width: 4rem; background: linear-gradient(to right, color-mix(in srgb, var(--down) 25%, transparent), var(--down)); }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: var(--faint); font-weight: 500; } th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:first-child:not(.number) { min-width: 8.5rem; } th:last-child, td:last-child { padding-right: 0; }
.number { width: 1%; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } td.part { min-width: 7rem; background: linear-gradient(to left, var(--soft) var(--part), transparent var(--part)); }
@media (max-width: 40rem) { td.part { min-width: 0; } }
.whole { color: var(--good); } .failed { color: var(--bad); } .banned { color: var(--bad); white-space: nowrap; } footer { margin-top: 3rem; color: var(--faint); font-size: .9rem; }
`;

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

export function formatReport(facts: ReportFacts): string {
  const title = facts.torrents.length === 1 ? facts.torrents[0].name : formatCount(facts.torrents.length, 'torrent');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${text(title)}: effusion report</title>
<style>${STYLE}</style>
</head>
<body>
${facts.torrents.length === 1 ? '' : formatOverview(title, facts.torrents)}
${facts.torrents.map(formatTorrent).join('\n')}
<footer>${time(facts.startedAt)} to ${time(facts.endedAt)}, effusion ${text(facts.version)}</footer>
</body>
</html>
`;
}

/** Of several torrents: what came of each, and where it is below. */
function formatOverview(title: string, torrents: readonly ReportedTorrent[]): string {
  const rows = torrents.map(({ name, outcome, isWhole, run: { snapshot } }, at) => [
    `<a href="#torrent-${at + 1}">${text(name)}</a>`,
    `<span class="${isWhole ? 'whole' : 'failed'}">${text(outcome)}</span>`,
    number(snapshot === null ? '' : formatBytes(snapshot.totalBytes)),
  ]);
  return `<h1>${text(title)}</h1>\n${table(['torrent', 'what came of it', '#size'], rows)}`;
}

function formatTorrent(torrent: ReportedTorrent, at: number): string {
  const { run } = torrent;
  const { snapshot } = run;
  const known = (value: string): string => (snapshot === null ? '' : value);
  const came = snapshot?.downloadedBytes ?? 0;
  const speed = run.elapsedMs > 0 ? (came * 1000) / run.elapsedMs : 0;
  const tiles = definitions([
    ['size', snapshot === null ? '' : formatBytes(snapshot.totalBytes)],
    ['there', snapshot === null ? '' : formatPercent(snapshot.verifiedBytes, snapshot.totalBytes)],
    ['time', prettyMs(run.elapsedMs)],
    ['mean speed', known(formatRate(speed))],
    ['peers met', known(String(snapshot?.peersMet))],
  ]).map((tile) => `<div>${tile}</div>`);
  const rest = definitions([
    ['received', known(`${formatBytes(came)}${wasteOf(torrent)}`)],
    ['sent', known(formatBytes(snapshot?.uploadedBytes ?? 0))],
    ['path', torrent.path ?? ''],
    ['info hash', torrent.infoHash],
  ]);
  return [
    `<h1 id="torrent-${at + 1}">${text(torrent.name)}</h1>`,
    `<p class="outcome${torrent.isWhole ? ' whole' : ''}">${text(torrent.outcome)}</p>`,
    `<dl class="tiles">${tiles.join('')}</dl>`,
    `<dl class="facts">${rest.join('')}</dl>`,
    ...formatSpeed(torrent),
    ...(run.pieceTimes.length === 0 ? [] : formatPieces(torrent)),
    ...formatSources(run.sources),
    ...formatTrackers(run),
    ...formatEvents(run),
  ].join('\n');
}

/** Those that are known. */
function definitions(rows: readonly (readonly [string, string])[]): string[] {
  return rows.filter(([, value]) => value !== '').map(([name, value]) => `<dt>${name}</dt><dd>${text(value)}</dd>`);
}

function wasteOf({ run: { snapshot } }: ReportedTorrent): string {
  if (snapshot === null || snapshot.wastedBytes === 0) return '';
  const failures = snapshot.hashFailures === 0 ? '' : `, ${formatCount(snapshot.hashFailures, 'piece')} failed the hash`;
  return ` (${formatBytes(snapshot.wastedBytes)} of it of no use${failures})`;
}

function formatSpeed({ run: { samples, elapsedMs } }: ReportedTorrent): string[] {
  if (samples.length === 0) return [];
  const peakOf = (of: (sample: SpeedSample) => number): number => Math.max(...samples.map(of));
  const received = peakOf((sample) => sample.downloadBytesPerSecond);
  const sent = peakOf((sample) => sample.uploadBytesPerSecond);
  if (received + sent === 0) return ['<h2>Speed</h2>', '<p class="key">Nothing came, and nothing was sent.</p>'];
  const key = [
    mark('down', `received, ${formatRate(received)} at most`),
    sent === 0 ? '<span>nothing was sent</span>' : mark('up', `sent, ${formatRate(sent)} at most`),
  ];
  return ['<h2>Speed</h2>', drawSpeed(samples, elapsedMs), formatKey(key)];
}

function formatPieces({ run: { pieceTimes, elapsedMs }, pieceBytes }: ReportedTorrent): string[] {
  const count = (is: (atMs: number) => boolean): number => pieceTimes.reduce((sum, atMs) => sum + (is(atMs) ? 1 : 0), 0);
  const missing = count(Number.isNaN);
  const before = count((atMs) => atMs === 0);
  const came = pieceTimes.length - missing - before;
  const isShared = pieceTimes.length > MAX_CELLS;
  const key = [
    `<span>${text(`${formatCount(pieceTimes.length, 'piece')} of ${formatBytes(pieceBytes)}`)}</span>`,
    ...(came === 0 ? [] : [mark('came', `${came} came, from the first to the last`)]),
    ...(before === 0 ? [] : [mark('before', `${before} there before`)]),
    ...(missing === 0 ? [] : [mark('missing', `${missing} never came`)]),
    ...(missing === 0 || !isShared ? [] : [mark('partly', 'some of a cell never came')]),
  ];
  return ['<h2>Pieces</h2>', drawPieces(pieceTimes, elapsedMs, pieceBytes), formatKey(key)];
}

/** What a colour of a drawing means. */
function mark(look: string, words: string): string {
  return `<span><i class="${look}"></i>${text(words)}</span>`;
}

function formatKey(marks: readonly string[]): string {
  return `<p class="key">${marks.join(' ')}</p>`;
}

function formatSources(sources: readonly SourceRow[]): string[] {
  if (sources.length === 0) return [];
  const total = sources.reduce((sum, source) => sum + source.downloadedBytes, 0);
  const rest = sources.slice(MAX_ROWS);
  const shown = sources.slice(0, MAX_ROWS);
  if (rest.length > 0) {
    const sum = (of: (source: SourceRow) => number): number => rest.reduce((whole, source) => whole + of(source), 0);
    shown.push({
      name: `${rest.length} more`,
      client: '',
      downloadedBytes: sum((source) => source.downloadedBytes),
      uploadedBytes: sum((source) => source.uploadedBytes),
      isBanned: false,
    });
  }
  const rows = shown.map((source) => [
    `${text(source.name)}${source.isBanned ? ' <span class="banned">banned for bad data</span>' : ''}`,
    text(source.client),
    number(formatBytes(source.downloadedBytes)),
    part(source.downloadedBytes, total),
    number(formatBytes(source.uploadedBytes)),
  ]);
  return ['<h2>Who gave what</h2>', table(['source', 'client', '#received', '#share', '#sent'], rows)];
}

function formatTrackers({ trackers }: RecordedRun): string[] {
  if (trackers.length === 0) return [];
  const isFailing = trackers.some(({ error }) => error !== null);
  const rows = trackers.map(({ url, state, peers, latencyMs, error }) => [
    text(url),
    text(state),
    ...(isFailing ? [text(error ?? '')] : []),
    number(peers === null ? '' : String(peers)),
    number(latencyMs === null ? '' : prettyMs(latencyMs)),
  ]);
  return ['<h2>Trackers</h2>', table(['address', 'state', ...(isFailing ? ['error'] : []), '#peers', '#latency'], rows)];
}

function formatEvents({ events, eventsLeftOut }: RecordedRun): string[] {
  if (events.length === 0) return [];
  const rows = events.map((event) => [number(prettyMs(event.atMs)), text(event.text)]);
  const rest = eventsLeftOut === 0 ? [] : [`<p class="key">${eventsLeftOut} more were left out</p>`];
  return ['<h2>What happened</h2>', table(['#after', 'what'], rows), ...rest];
}

/** Cells are markup; those made by `number` bring their own. A head that begins with # stands above numbers. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (content: string): string => (content.startsWith('<td') ? content : `<td>${content}</td>`);
  const head = heads.map(
    (name) => `<th scope="col"${name.startsWith('#') ? ' class="number"' : ''}>${name.replace('#', '')}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}

function number(content: string): string {
  return `<td class="number">${escapeMarkup(content)}</td>`;
}

/** A share, with a bar of that length behind it. */
function part(amount: number, total: number): string {
  if (total === 0) return number('');
  const share = formatPercent(amount, total);
  return `<td class="number part" style="--part:${share}">${share}</td>`;
}

function time(iso: string): string {
  const shown = iso.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  return `<time datetime="${text(iso)}">${text(shown)}</time>`;
}

function text(content: string): string {
  return escapeMarkup(sanitise(content, MAX_TEXT));
}
