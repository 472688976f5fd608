// What machines get of a run of one torrent or of several: who watches each of them, the receipts of those that are whole, and a result
// also where the run failed before a torrent had its turn.

import { VERSION } from '../../engine/version.js';
import type { CommandContext } from '../command-context.js';
import { SameTorrentError } from '../claims.js';
import { EXIT } from '../exit-codes.js';
import { errorFacts } from '../report-error.js';
import type { ReportedTorrent } from '../report/page.js';
import { TorrentReport } from '../report/torrent-report.js';
import type { TorrentJob } from '../torrent-jobs.js';
import type { TorrentItem } from '../torrent-list.js';
import { UsageError } from '../usage-error.js';
import { formatReceipts, type Receipt } from './receipt.js';
import type { ResultOptions } from './result-options.js';
import { TorrentObserver } from './torrent-observer.js';
import { failedRunResult } from './torrent-result.js';
import { expectFolderOf, writeWhole } from './whole-file.js';
import { formatJson } from '../render/sanitise.js';

/** Runs a command with an observer; what it rejects with is passed on. Rejects with UsageError where the options contradict each other. */
export async function observeRun(
  options: ResultOptions,
  context: CommandContext,
  command: (observer: RunObserver) => Promise<number>,
): Promise<number> {
  const { events } = context;
  if (options.events !== undefined) events.open(options.events);
  if (options.json === true && events.isOnStdout) {
    throw new UsageError(
      '--json and --events would both write to stdout',
      'Lead the events elsewhere: --events=3 3>FILE, or --events=FILE.',
    );
  }
  const observer = new RunObserver(options, context);
  try {
    if (options.receipt !== undefined) await expectFolderOf(options.receipt, '--receipt');
    if (options.report !== undefined) await expectFolderOf(options.report, '--report');
    const exitCode = await command(observer);
    await observer.writeReceipts();
    await observer.writeReport();
    return exitCode;
  } catch (error) {
    observer.fail(error);
    // What it failed with counts, whatever becomes of the page.
    await observer.writeReport().catch(() => undefined);
    throw error;
  }
}

export class RunObserver {
  readonly #options: ResultOptions;
  readonly #context: CommandContext;
  readonly #receipts: Receipt[] = [];
  readonly #reported: ReportedTorrent[] = [];
  readonly #startedAt = new Date().toISOString();
  #begun = 0;

  constructor(options: ResultOptions, context: CommandContext) {
    this.#options = options;
    this.#context = context;
  }

  /** Has `work` watched; rejects with what it rejects with. `items`: all of the run, in their order. */
  async watch(job: TorrentJob, items: readonly TorrentItem[], work: (torrent: TorrentObserver) => Promise<void>): Promise<void> {
    this.#begun++;
    const torrent = new TorrentObserver({
      id: items.indexOf(job.item) + 1,
      job,
      options: this.#options,
      context: this.#context,
      keepReceipt: async (receipt) => {
        this.#receipts.push(receipt);
        // Of one torrent it is there before its hook runs.
        if (!job.isOneOfSeveral) await this.writeReceipts(true);
      },
      keepReport: (reported) => this.#reported.push(reported),
    });
    try {
      await work(torrent);
    } catch (error) {
      if (error instanceof SameTorrentError) torrent.noteSame(error.message);
      else await torrent.fail(error, this.#context.interruption.exitCode ?? EXIT.interrupt);
      throw error;
    }
  }

  /** Of several torrents, those that are whole. Rejects with CommandError. */
  async writeReceipts(isOnlyOne = false): Promise<void> {
    const { receipt } = this.#options;
    if (receipt === undefined || this.#receipts.length === 0) return;
    await writeWhole(receipt, formatReceipts(this.#receipts, isOnlyOne), '--receipt');
    this.#receipts.length = 0;
  }

  /** Of all torrents that had their turn, whatever came of them. Rejects with CommandError. */
  async writeReport(): Promise<void> {
    const { report } = this.#options;
    if (report === undefined) return;
    const { formatReport } = await import('../report/page.js');
    const [startedAt, endedAt] = [this.#startedAt, new Date().toISOString()];
    await writeWhole(report, formatReport({ startedAt, endedAt, version: VERSION, torrents: this.#reported }), '--report');
  }

  /** The run failed before a torrent had its turn: that is its result. */
  fail(error: unknown): void {
    if (this.#begun > 0) return;
    const facts = errorFacts(error);
    if (this.#options.report !== undefined) {
      const end = { name: 'effusion', infoHash: null, metainfo: null, path: null, outcome: facts.message, isWhole: false };
      this.#reported.push(new TorrentReport().end(end));
    }
    if (this.#options.json !== true) return;
    this.#context.stdout.line(formatJson(failedRunResult(facts), 0));
  }
}
