// One torrent's part of `--report`: looks at its session while it runs, and puts together what the page shows when it has ended.
// Costs two looks a second, and nothing where nobody asked for a report.

import { CONFIG } from '../../engine/config.js';
import { monotonicNow } from '../../engine/monotonic-clock.js';
import type { ServerNotice, ServerSnapshot } from '../../engine/server-snapshot.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { describeNotice } from '../render/notice-text.js';
import type { ReportedTorrent } from './page.js';
import { RunRecorder } from './recorder.js';

/** The part of a session that is looked at; `current` changes where one that crashed was started again. */
interface LookedAt {
  readonly current: { snapshot(): ServerSnapshot };
}

export interface ReportEnd {
  readonly name: string;
  readonly infoHash: string | null;
  readonly metainfo: Metainfo | null;
  /** Of the result; null where there is none. */
  readonly path: string | null;
  /** What came of it, in words. */
  readonly outcome: string;
  readonly isWhole: boolean;
}

export class TorrentReport {
  readonly #recorder = new RunRecorder(monotonicNow());
  #session: LookedAt | null = null;
  #timer: NodeJS.Timeout | null = null;

  follow(session: LookedAt): void {
    this.#session = session;
    this.#look();
    this.#timer ??= setInterval(() => this.#look(), CONFIG.cli.reportLookMs);
    this.#timer.unref();
  }

  note(notice: ServerNotice): void {
    if (notice.type === 'checked') this.#look();
    const now = monotonicNow();
    this.#recorder.notice(notice, now);
    const text = describeNotice(notice);
    if (text !== null) this.#recorder.event(text, now);
  }

  noteSilence(silentMs: number, reasons: readonly string[]): void {
    this.#recorder.event(`no data for ${Math.round(silentMs / 1000)} s: ${reasons.join('; ')}`, monotonicNow());
  }

  /** It is over; what came of it. */
  end({ name, infoHash, metainfo, path, outcome, isWhole }: ReportEnd): ReportedTorrent {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#look();
    return {
      name,
      infoHash: infoHash ?? '',
      outcome,
      isWhole,
      path,
      pieceBytes: metainfo?.geometry.standardPieceLength ?? 0,
      run: this.#recorder.end(monotonicNow()),
    };
  }

  #look(): void {
    if (this.#session === null) return;
    const snapshot = this.#session.current.snapshot();
    // What is there is not known before the check is over.
    if (snapshot.phase !== 'checking') this.#recorder.look(snapshot, monotonicNow());
  }
}
