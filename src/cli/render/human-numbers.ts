// Numbers as people read them: sizes in B, KiB, MiB, GiB, TiB with one decimal, rates, and times left. Made here and not
// by a locale-aware library: those load the language data (30 ms), and 150e9 bytes must read 139.7 GiB.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `13 B`, `105.9 KiB`. Never shows 1024.0 of a unit: that is 1.0 of the next. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (unit < UNITS.length - 1 && Number(value.toFixed(1)) >= 1024) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${Math.round(value)} B` : `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** `3 B/s`, `12.3 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** Both with the unit of the total, which stands once: `0.5 of 2.0 GiB`. */
export function formatProgressBytes(done: number, total: number): string {
  const whole = formatBytes(total);
  const unit = whole.slice(whole.indexOf(' ') + 1);
  const power = UNITS.indexOf(unit as (typeof UNITS)[number]);
  const part = done / 1024 ** power;
  return `${power === 0 ? Math.round(part) : part.toFixed(1)} of ${whole}`;
}

/** Rounded down, so that 100% is said of what is whole only. `digits` decimals. */
export function formatPercent(done: number, total: number, digits = 1): string {
  const share = total === 0 ? 100 : (done / total) * 100;
  const scale = 10 ** digits;
  return `${(Math.floor(Math.min(100, Math.max(0, share)) * scale + 1e-9) / scale).toFixed(digits)}%`;
}

/** Time left as a clock: `0:07`, `12:34`, `1:02:03`, `3d 4h`; `--:--` for null and for anything over 99 days. */
export function formatClock(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms) || ms >= 100 * 86_400_000) return '--:--';
  const seconds = Math.ceil(Math.max(0, ms) / 1000);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (days > 0) return `${days}d ${hours}h`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A limit as the options write it: `2m`, `90s`, `1h`. */
export function formatLimit(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** `, ratio 1.25`, rounded down: it is not said to be reached before it is. Nothing where it is not known. */
export function formatRatio(ratio: number | undefined): string {
  return ratio === undefined ? '' : `, ratio ${(Math.floor(ratio * 100 + 1e-9) / 100).toFixed(2)}`;
}

/** `2 peers`, `2 peers + 1 web`, `1 web seed`: who sends. */
export function formatSources(peers: number, webSeeds = 0): string {
  if (webSeeds === 0) return formatCount(peers, 'peer');
  return peers === 0 ? formatCount(webSeeds, 'web seed') : `${formatCount(peers, 'peer')} + ${webSeeds} web`;
}

/** `1 peer`, `2 peers`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
