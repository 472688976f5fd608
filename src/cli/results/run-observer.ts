// What machines get of a run of one torrent or of several: who watches each of them, the receipts of those that are whole, and a result
// also where the run failed before a torrent had its turn.

import type { CommandContext } from '../command-context.js';
import { SameTorrentError } from '../claims.js';
import { EXIT } from '../exit-codes.js';
import { errorFacts } from '../report-error.js';
import type { TorrentJob } from '../torrent-jobs.js';
import type { TorrentItem } from '../torrent-list.js';
import { UsageError } from '../usage-error.js';
import { expectReceiptFolder, formatReceipts, type Receipt, writeReceipt } from './receipt.js';
import type { ResultOptions } from './result-options.js';
import { TorrentObserver } from './torrent-observer.js';
import { toTorrentResult } from './torrent-result.js';

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
    if (options.receipt !== undefined) await expectReceiptFolder(options.receipt);
    const exitCode = await command(observer);
    await observer.writeReceipts();
    return exitCode;
  } catch (error) {
    observer.fail(error);
    throw error;
  }
}

export class RunObserver {
  readonly #options: ResultOptions;
  readonly #context: CommandContext;
  readonly #receipts: Receipt[] = [];
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
    await writeReceipt(receipt, formatReceipts(this.#receipts, isOnlyOne));
    this.#receipts.length = 0;
  }

  /** The run failed before a torrent had its turn: that is its result. */
  fail(error: unknown): void {
    if (this.#options.json !== true || this.#begun > 0) return;
    const facts = errorFacts(error);
    const nothing = { label: null, infoHash: null, metainfo: null, place: null, snapshot: null, elapsedMs: 0 };
    const outcome = { status: 'failed', exit: facts.exit, error: facts, alreadyComplete: null } as const;
    this.#context.stdout.line(JSON.stringify(toTorrentResult(nothing, outcome)));
  }
}
