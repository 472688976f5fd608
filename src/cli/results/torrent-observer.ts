// What machines get of one torrent: its events, its result, its receipt and its hook. The command tells it what it does, in a few calls;
// where nobody asked for anything these are all that it costs.

import path from 'node:path';
import { CONFIG } from '../../engine/config.js';
import { monotonicNow } from '../../engine/monotonic-clock.js';
import type { ServerNotice, ServerSnapshot } from '../../engine/server-snapshot.js';
import type { DownloadResult } from '../../engine/session-server.js';
import { listStallReasons } from '../../engine/stall-report.js';
import type { SupervisedSession } from '../../engine/supervisor.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { MetainfoError } from '../../model/error.js';
import { toHex } from '../../model/ids.js';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import type { ErrorEvent, TorrentEvent, WarningEvent } from '../events/event.js';
import { noticeToEvent } from '../events/notice-event.js';
import { type Delivery, SessionFollower } from '../events/session-follower.js';
import { EXIT } from '../exit-codes.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { infoHashText } from '../render/torrent-text.js';
import type { ReportedTorrent } from '../report/page.js';
import { TorrentReport } from '../report/torrent-report.js';
import { errorFacts } from '../report-error.js';
import { type RunEnd, RunEndedError } from '../run-end.js';
import type { TorrentJob } from '../torrent-jobs.js';
import { digestFiles } from './file-digests.js';
import { runHook } from './hook.js';
import { PeerBytes } from './peer-bytes.js';
import { makeReceipt, type Receipt } from './receipt.js';
import type { ResultOptions } from './result-options.js';
import {
  hookEnvironment,
  type Outcome,
  type ResultFile,
  resultFiles,
  type TorrentResult,
  toTorrentResult,
} from './torrent-result.js';

/** Where a torrent goes. */
export interface ResultPlace {
  /** Of the torrent's file or folder, as it is printed. */
  readonly place: string;
  /** The folder that all is in. */
  readonly folder: string;
  /** The torrent as it lies there. */
  readonly placed: Pick<Metainfo, 'files'>;
  /** Indices of the files that are made; null: all. */
  readonly chosen: readonly number[] | null;
}

/** A whole torrent, as the command leaves it. */
export interface WholeTorrent {
  readonly result: Extract<DownloadResult, { status: 'complete' }>;
  readonly snapshot: ServerSnapshot;
  readonly end: RunEnd;
}

export interface TorrentObserverOptions {
  readonly id: number;
  readonly job: TorrentJob;
  readonly options: ResultOptions;
  readonly context: CommandContext;
  /** Takes the receipt of a torrent that is whole. */
  readonly keepReceipt: (receipt: Receipt) => Promise<void>;
  /** Takes the torrent's part of the report. */
  readonly keepReport: (reported: ReportedTorrent) => void;
}

function completeEvent(result: TorrentResult, alreadyComplete: boolean): TorrentEvent {
  const { downloadedBytes, uploadedBytes, elapsedMs } = result;
  const [name, path, size, files] = [result.name ?? '', result.path ?? '', result.size ?? 0, result.files ?? []];
  return { event: 'complete', name, path, size, files, alreadyComplete, downloadedBytes, uploadedBytes, elapsedMs };
}

const NOT_YET: Outcome = { status: 'failed', exit: EXIT.ok, error: null, alreadyComplete: null };

export class TorrentObserver {
  readonly #id: number;
  readonly #job: TorrentJob;
  readonly #options: ResultOptions;
  readonly #context: CommandContext;
  readonly #keepReceipt: (receipt: Receipt) => Promise<void>;
  readonly #keepReport: (reported: ReportedTorrent) => void;
  readonly #report: TorrentReport | null;
  readonly #peers = new PeerBytes(CONFIG.results.maxCountedPeers);
  readonly #startedMs = monotonicNow();
  readonly #startedAt = Date.now();
  #infoHash: string | null = null;
  #metainfo: Metainfo | null = null;
  #where: ResultPlace | null = null;
  /** Of thousands of files nobody may ever ask. */
  #listFiles: (() => readonly ResultFile[]) | null = null;
  #files: readonly ResultFile[] | null = null;
  #magnet: string | null = null;
  #session: SupervisedSession | null = null;
  #alreadyComplete: boolean | null = null;
  #isReported = false;

  constructor({ id, job, options, context, keepReceipt, keepReport }: TorrentObserverOptions) {
    this.#keepReport = keepReport;
    this.#report = options.report === undefined ? null : new TorrentReport();
    this.#id = id;
    this.#job = job;
    this.#options = options;
    this.#context = context;
    this.#keepReceipt = keepReceipt;
    const { argument } = job.item;
    if (argument instanceof MetainfoError || argument.kind !== 'magnet') return;
    this.#infoHash = toHex(argument.magnet.infoHash);
    this.#emit({ event: 'metadata', state: 'fetching' });
  }

  /** Its path belongs on stdout: nothing else was asked for there. */
  get leavesStdout(): boolean {
    return this.#options.json !== true && !this.#context.events.isOnStdout;
  }

  /** It was made just now, and this link leads to it: told with what follows. */
  made(magnet: string): void {
    this.#magnet = magnet;
  }

  /** The metadata is there, and `where` the result will be. */
  known(metainfo: Metainfo, where: ResultPlace): void {
    this.#where = where;
    this.#tellTorrent(metainfo, () => resultFiles(where.placed, where.folder, where.chosen));
  }

  /** The same of one that is read: nothing is written, so nothing has a path. `chosen`: indices of files; null: all. */
  reads(metainfo: Metainfo, chosen: readonly number[] | null): void {
    this.#tellTorrent(metainfo, () => resultFiles(metainfo, '', chosen));
  }

  #tellTorrent(metainfo: Metainfo, listFiles: () => readonly ResultFile[]): void {
    if (this.#infoHash !== null) this.#emit({ event: 'metadata', state: 'fetched' });
    this.#metainfo = metainfo;
    this.#listFiles = listFiles;
    this.#infoHash = infoHashText(metainfo);
    if (!this.#context.events.isOpen) return;
    const { name, size, path, files } = this.#result(NOT_YET);
    const { standardPieceLength: pieceLength, pieceCount: pieces } = metainfo.geometry;
    this.#emit({
      event: 'torrent',
      name: name ?? '',
      size: size ?? 0,
      pieceLength,
      pieces,
      files: files?.length ?? 0,
      private: metainfo.isPrivate,
      path: path ?? '',
      ...(this.#magnet === null ? {} : { magnet: this.#magnet }),
    });
  }

  /** A session has begun. Answers what to await when it has ended. */
  follow(session: SupervisedSession, delivery?: Delivery): () => Promise<void> {
    this.#session = session;
    this.#report?.follow(session);
    const isNeeded = this.#context.events.isOpen || this.#options.receipt !== undefined || this.#report !== null;
    if (!isNeeded) return () => Promise.resolve();
    const follower = new SessionFollower({
      session,
      ...(delivery === undefined ? {} : { delivery }),
      onNotice: (notice) => this.noteNotice(notice),
      onEvent: (event) => this.#emit(event),
    });
    follower.start();
    return () => follower.stop();
  }

  readonly noteNotice = (notice: ServerNotice): void => {
    if (this.#options.receipt !== undefined) this.#peers.note(notice);
    this.#report?.note(notice);
    if (!this.#context.events.isOpen) return;
    const event = noticeToEvent(notice, this.#where?.placed.files ?? [], this.#metainfo?.files);
    // What is read is under no name.
    if (event !== null && (event.event !== 'file' || this.#where !== null)) this.#emit(event);
  };

  /** No data for so long. */
  noteStall(silentMs: number, snapshot: ServerSnapshot): void {
    if (this.#context.events.isOpen || this.#report !== null) this.noteSilence(silentMs, listStallReasons(snapshot));
  }

  readonly noteSilence = (silentMs: number, reasons: readonly string[]): void => {
    this.#report?.noteSilence(silentMs, reasons);
    this.#emit({ event: 'stall', silentMs: Math.round(silentMs), reasons });
  };

  /** Another torrent of the run is the same one. */
  noteSame(message: string): void {
    this.#emit({ event: 'warning', code: 'same_torrent', message });
  }

  /** Tells, then writes the receipt and runs the hook. Rejects with what of these failed, or RunEndedError. */
  async complete(whole: WholeTorrent): Promise<void> {
    const { alreadyComplete } = whole.result;
    this.#alreadyComplete = alreadyComplete;
    const outcome: Outcome = { status: 'complete', exit: EXIT.ok, error: null, alreadyComplete };
    // Of this moment for all of them: the receipt takes its time, and the hook.
    let taken: TorrentResult | null = null;
    const result = (): TorrentResult => (taken ??= this.#result(outcome));
    if (this.#context.events.isOpen) this.#emit(completeEvent(result(), alreadyComplete));
    this.#endReport(alreadyComplete ? 'already complete' : 'whole and verified', true);
    if (this.#options.receipt !== undefined) await this.#keepReceipt(await this.#makeReceipt(whole, result()));
    if (this.#options.exec !== undefined) await this.#runHook(this.#options.exec, whole.end, result());
    this.#print(outcome);
  }

  /** Of a torrent that is read: its players find it at this URL. */
  serving(url: string): void {
    this.#emit({ event: 'serving', url });
  }

  /** So many bytes were to be read, and were. */
  delivered(size: number): void {
    const { name, downloadedBytes, uploadedBytes, elapsedMs } = this.#result({ ...NOT_YET, status: 'complete' });
    const counts = { downloadedBytes, uploadedBytes, elapsedMs };
    this.#emit({ event: 'complete', name: name ?? '', path: '', size, files: [], alreadyComplete: false, ...counts });
  }

  /** It ended otherwise: `stopExit` is what the run ends with where it was stopped in order. Never rejects. */
  async fail(error: unknown, stopExit: number): Promise<void> {
    const alreadyComplete = this.#alreadyComplete;
    if (error instanceof RunEndedError) {
      this.#endReport('stopped', false);
      this.#print({ status: 'stopped', exit: stopExit, error: null, alreadyComplete });
      return;
    }
    const facts = errorFacts(error);
    const outcome: Outcome = { status: 'failed', exit: facts.exit, error: facts, alreadyComplete };
    this.#endReport(facts.message, false);
    this.#emit({ event: 'error', ...facts });
    if (this.#options.execError !== undefined) await this.#runErrorHook(this.#options.execError, this.#result(outcome));
    this.#print(outcome);
  }

  /**
   * It is whole, which was told, and serving it failed: an event, and a second object, which says why the run does not end with 0. No hook:
   * the one of the download has run, and the data is there.
   */
  failServing(error: unknown): void {
    const facts = errorFacts(error);
    this.#emit({ event: 'error', ...facts });
    this.#print({ status: 'failed', exit: facts.exit, error: facts, alreadyComplete: this.#alreadyComplete });
  }

  /** Of a torrent that is served until the end. */
  stopped(exit: number): void {
    this.#print({ status: exit === EXIT.ok ? 'complete' : 'stopped', exit, error: null, alreadyComplete: true });
  }

  async #makeReceipt({ snapshot, end }: WholeTorrent, result: TorrentResult): Promise<Receipt> {
    const endedAt = Date.now();
    const firstByteAt = snapshot.firstByteAgoMs === undefined ? null : endedAt - snapshot.firstByteAgoMs;
    // Where they lie: with --rename and its like not where the torrent says.
    const folder = path.resolve(this.#where?.folder ?? '.');
    const files = (result.files ?? []).map((file) => {
      return { path: path.relative(folder, file.path).split(path.sep).join('/'), place: file.path };
    });
    const digests = await digestFiles(files, end.signal);
    const [peers, startedAt] = [this.#peers, this.#startedAt];
    return makeReceipt({ result, snapshot, files: digests, peers, startedAt, firstByteAt, endedAt });
  }

  async #runHook(words: readonly string[], end: RunEnd, result: TorrentResult): Promise<void> {
    const { name } = this.#job;
    // A hook that is a shell waits for its child, and may take its time.
    const tell = (): void => {
      const notice = end.takeNotice();
      if (notice !== null) this.#context.board.log(notice);
    };
    end.signal.addEventListener('abort', tell, { once: true });
    if (end.signal.aborted) tell();
    try {
      await this.#run('--exec', words, result, end.signal);
    } catch (error) {
      if (!end.signal.aborted) throw error;
      if (end.isTimedOut)
        throw new CommandError(
          'timed_out',
          `${name}: --timeout was up while --exec ran; the data is whole`,
          'Give it longer with --timeout.',
        );
      this.#context.board.log(`${name}: stopped while --exec ran; the data is whole`);
      throw new RunEndedError(String(end.cause));
    } finally {
      end.signal.removeEventListener('abort', tell);
    }
  }

  /** What it was called for is the failure that counts: its own is a warning. The time that may be up does not concern it. */
  async #runErrorHook(words: readonly string[], result: TorrentResult): Promise<void> {
    const stop = new AbortController();
    const { board, interruption } = this.#context;
    const forgetStop = interruption.onStop(() => {
      const notice = interruption.takeNotice();
      if (notice !== null) board.log(notice);
      stop.abort();
    });
    try {
      await this.#run('--exec-error', words, result, stop.signal);
    } catch (error) {
      const { code, message } = errorFacts(error);
      board.always(`effusion: warning: ${sanitise(message)}`);
      this.#emit({ event: 'warning', code, message });
    } finally {
      forgetStop();
    }
  }

  async #run(option: string, words: readonly string[], result: TorrentResult, signal: AbortSignal): Promise<void> {
    const { board, interruption } = this.#context;
    await runHook({
      option,
      words,
      input: `${JSON.stringify(result)}\n`,
      environment: hookEnvironment(result),
      timeoutMs: this.#options.execTimeout ?? 0,
      signal,
      stopSignal: () => {
        const { cause } = interruption;
        return cause === null || cause === 'EPIPE' ? 'SIGTERM' : cause;
      },
      onLine: (line) => board.always(line),
      onExit: (cleanup) => interruption.onExit(cleanup),
    });
  }

  /** Once: what fails after the data was whole is no end of the download. */
  #endReport(outcome: string, isWhole: boolean): void {
    const report = this.#report;
    if (report === null || this.#isReported) return;
    this.#isReported = true;
    const [name, path, metainfo] = [
      this.#metainfo?.name ?? this.#job.name,
      isWhole ? (this.#where?.place ?? null) : null,
      this.#metainfo,
    ];
    this.#keepReport(report.end({ name, infoHash: this.#infoHash, metainfo, path, outcome, isWhole }));
  }

  #print(outcome: Outcome): void {
    if (this.#options.json === true) this.#context.stdout.line(formatJson(this.#result(outcome), 0));
  }

  #result(outcome: Outcome): TorrentResult {
    this.#files ??= this.#listFiles?.() ?? null;
    const facts = {
      label: this.#job.item.label,
      infoHash: this.#infoHash,
      metainfo: this.#metainfo,
      magnet: this.#magnet,
      files: this.#files,
      place: this.#where?.place ?? null,
      snapshot: this.#session?.current.snapshot() ?? null,
      elapsedMs: monotonicNow() - this.#startedMs,
    };
    return toTorrentResult(facts, outcome);
  }

  #emit(event: TorrentEvent | WarningEvent | ErrorEvent): void {
    const infoHash = this.#infoHash;
    const ref = { event: event.event, id: this.#id, ...(infoHash === null ? {} : { infoHash }) };
    this.#context.events.emit({ ...ref, ...event });
  }
}
