// A torrent's place on disk, from the lock to the piece store: takes the folder, looks at what is there, believes or hashes
// it, brings it into shape, and keeps the resume state as pieces come. Without a folder everything stays in memory.

import { availableParallelism } from 'node:os';
import path from 'node:path';
import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import { ChoiceNotes } from '../storage/choice-notes.js';
import { checkExisting } from '../storage/checker.js';
import { adoptFiles } from '../storage/existing-files.js';
import { type FileChoice, residentPieces, settleChoice } from '../storage/file-choice.js';
import { FilePaths } from '../storage/file-paths.js';
import { type FileStamp, scanFiles } from '../storage/file-scan.js';
import { FileStorage } from '../storage/file-storage.js';
import { FolderLock } from '../storage/folder-lock.js';
import { HashPool } from '../storage/hash-pool.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { PartsFile } from '../storage/parts-file.js';
import { recoverParts } from '../storage/parts-recovery.js';
import { PartsStorage } from '../storage/parts-storage.js';
import { ResumeFile } from '../storage/resume-file.js';
import { WritePace } from '../storage/write-pace.js';
import type { Storage } from '../storage/storage.js';
import type { OpenFiles } from '../storage/open-files.js';
import { CONFIG } from './config.js';
import { chosenFiles } from './file-selection.js';
import type { SessionOptions } from './session-options.js';
import type { TorrentReader } from './torrent-reader.js';

export interface TorrentDiskOptions {
  readonly metainfo: Metainfo;
  /** Null: memory. */
  readonly folder: string | null;
  readonly openFiles: OpenFiles;
  readonly fsync: boolean;
  readonly overwrite: 'verify' | 'never';
  /** Which files are to be made; without `files` all. The others are never made or changed. */
  readonly choice: Pick<SessionOptions, 'files' | 'notesFolder'>;
  /** Serve what is there and change nothing: no lock, no part files. */
  readonly isReadOnly: boolean;
  readonly command: string;
  /** Keeps what is in memory, for its readers. */
  readonly reader: TorrentReader | null;
}

export interface OpenedDisk {
  readonly storage: Storage;
  readonly have: Bitfield;
  readonly resumed: boolean;
  /** Every byte that was chosen is there under its own name, and was before. */
  readonly wasComplete: boolean;
  /** What the choice of files means here; null where everything was chosen. */
  readonly choice: FileChoice | null;
}

export class TorrentDisk {
  readonly #options: TorrentDiskOptions;
  readonly #paths: FilePaths | null;
  readonly #resume: ResumeFile | null;
  readonly #parts: PartsFile | null;
  readonly #notes: ChoiceNotes | null;
  /** Of a choice, the files that this run verifies. */
  #targets: ReadonlySet<number> = new Set();
  /** Pieces that the parts file holds or will hold: the resume state, which speaks of files, must not vouch for them. */
  #resident: ReadonlySet<PieceIndex> = new Set();
  /** Ends the flush: the folder is given up. */
  readonly #unlocking = new AbortController();
  #lock: FolderLock | null = null;

  constructor(options: TorrentDiskOptions) {
    const { folder, metainfo, isReadOnly } = options;
    this.#options = options;
    this.#paths = folder === null ? null : new FilePaths(folder, metainfo);
    this.#resume = this.#paths === null ? null : new ResumeFile({ metainfo, paths: this.#paths });
    this.#parts = folder === null || isReadOnly ? null : new PartsFile(folder, metainfo);
    const { notesFolder } = options.choice;
    const { infoHash } = metainfo;
    this.#notes =
      folder === null || notesFolder === undefined
        ? null
        : new ChoiceNotes({ folder: notesFolder, dataFolder: folder, infoHash, maxNotes: CONFIG.storage.maxChoiceNotes });
  }

  /** Where the torrent's file or folder is; empty where it is in memory. */
  get rootPaths(): string[] {
    const { folder, metainfo } = this.#options;
    return folder === null ? [] : [path.join(folder, metainfo.name)];
  }

  /** Takes the folder. Throws a StorageError: `EINUSE` where another run has it. */
  lock(): void {
    const { folder, metainfo, isReadOnly, command } = this.#options;
    if (folder === null || isReadOnly) return;
    this.#lock = FolderLock.acquire({ folder, name: metainfo.name, startedAt: new Date().toISOString(), command });
  }

  /** Finds out what is there; rejects with a StorageError or the signal's reason. */
  async open(onProgress: (checkedBytes: number, totalBytes: number) => void, signal: AbortSignal): Promise<OpenedDisk> {
    const { metainfo, openFiles, fsync, overwrite, isReadOnly, reader } = this.#options;
    const chosen = chosenFiles(metainfo, this.#options.choice.files);
    const paths = this.#paths;
    if (paths === null || this.#resume === null) {
      const have = new Bitfield(metainfo.geometry.pieceCount);
      const nothing = metainfo.files.map(() => ({ name: null, part: null }));
      const choice = chosen === null ? null : settleChoice({ metainfo, chosen, found: nothing, have, noted: new Map() });
      const storage = reader?.createStorage() ?? new MemoryStorage(metainfo.files);
      return { storage, have, resumed: false, wasComplete: false, choice };
    }
    const isChosen = (file: number): boolean => chosen?.has(file) !== false;
    const scanned = scanFiles({
      metainfo,
      paths,
      namesOnly: isReadOnly,
      findsSpares: !isReadOnly,
      isLenient: (file) => !isChosen(file),
    });
    const resume = isReadOnly ? null : await this.#resume.load();
    const hashPool = new HashPool(availableParallelism(), CONFIG.hashing);
    const onBatch = (checkedBytes: number, totalBytes: number): void => {
      this.#lock?.touch();
      onProgress(checkedBytes, totalBytes);
    };
    const check = { metainfo, paths, found: scanned, resume, hashPool, onProgress: onBatch, signal };
    const { have, found: checked, resumed } = await checkExisting(check);
    signal.throwIfAborted();
    const layout = new FileLayout(metainfo.files);
    // Who makes every file needs it only for what an earlier choice has left.
    const parts = chosen !== null || this.#parts?.isThere === true ? this.#parts : null;
    const { pieces: recovered, found } =
      parts === null
        ? { pieces: new Set<PieceIndex>(), found: checked }
        : await recoverParts({ metainfo, layout, paths, parts, found: checked, have, isChosen, hashPool, signal });
    const choice =
      chosen === null ? null : settleChoice({ metainfo, chosen, found, have, noted: this.#notes?.read() ?? new Map() });
    if (choice !== null) this.#targets = choice.targets;
    if (choice !== null && parts !== null) this.#resident = residentPieces(metainfo, parts, choice, have, recovered);
    const finished = isReadOnly
      ? new Set(metainfo.files.keys())
      : await adoptFiles({
          metainfo,
          paths,
          found,
          have,
          overwrite: overwrite === 'never' ? 'never' : 'repair',
          choice,
          copyStepBytes: CONFIG.storage.copyStepBytes,
          onCopyStep: () => this.#lock?.touch(),
          signal,
        });
    const files = new FileStorage({
      files: metainfo.files,
      paths,
      openFiles,
      finished,
      ...(choice === null ? {} : { untouched: othersThan(choice.targets, metainfo.files.length) }),
      syncWriteBytes: CONFIG.storage.syncWriteBytes,
      pace: new WritePace(CONFIG.storage),
      fsync,
    });
    const storage =
      parts === null || this.#resident.size === 0
        ? files
        : new PartsStorage({
            layout,
            files,
            parts,
            resident: this.#resident,
            geometry: metainfo.geometry,
            folder: paths.folder,
            openFiles,
          });
    const isWhole = choice === null ? have.isFull : have.includes(choice.wanted);
    const isNamed = (file: number): boolean => finished.has(file) || choice?.targets.has(file) === false;
    const wasComplete = isWhole && metainfo.files.every((file, index) => file.isPadding || isNamed(index));
    if (isWhole && !wasComplete && !isReadOnly) await this.#finishRest(storage, isNamed);
    // What it held is in the files now.
    if (choice === null) parts?.remove();
    return { storage, have, resumed, wasComplete, choice };
  }

  /** Writes down which pieces are there; throws a StorageError. */
  saveResume(have: Bitfield): void {
    this.#lock?.touch();
    if (this.#keepsResume) this.#resume?.save(this.#inFiles(have));
  }

  /**
   * For an end in order, when nothing is written any more: the same, and flushes what it vouches for, so that it counts after
   * the machine was started again too. Within a time limit; where that passes, the state counts within this boot only.
   */
  async flushResume(have: Bitfield): Promise<void> {
    if (!this.#keepsResume || this.#resume === null) return;
    this.#lock?.touch();
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), CONFIG.storage.flushMs);
    try {
      await this.#resume.flush(this.#inFiles(have), AbortSignal.any([limit.signal, this.#unlocking.signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  /** What was chosen is whole: nothing of ours stays beside it but the parts file, of which others may still be served. */
  removeResume(): void {
    if (!this.#keepsResume) return;
    this.#resume?.remove();
    if (this.#paths !== null) this.#noteTargets(this.#paths);
  }

  /** The same, when nobody reads of it any more. Throws a StorageError. */
  removeParts(): void {
    if (this.#keepsResume) this.#parts?.remove();
  }

  /** Synchronous: the second ^C has no time for more. */
  unlock(): void {
    this.#unlocking.abort();
    this.#lock?.releaseSync();
    this.#lock = null;
  }

  /** For the next run with this choice: what was verified now may not be verifiable then. */
  #noteTargets(paths: FilePaths): void {
    if (this.#notes === null || this.#targets.size === 0) return;
    const { metainfo } = this.#options;
    const files = metainfo.files.map((file, index) => (this.#targets.has(index) ? file : { ...file, isPadding: true }));
    const stamps = new Map<number, FileStamp>();
    for (const [file, { name, part }] of scanFiles({ metainfo: { files }, paths, isLenient: () => true }).entries()) {
      if (name !== null && part === null && name.size > 0) stamps.set(file, name);
    }
    this.#notes.add(stamps);
  }

  #inFiles(have: Bitfield): Bitfield {
    const inFiles = have.clone();
    for (const piece of this.#resident) inFiles.clear(piece);
    return inFiles;
  }

  /** Once the lock is given up the folder may be somebody else's. */
  get #keepsResume(): boolean {
    return !this.#options.isReadOnly && !this.#unlocking.signal.aborted;
  }

  /** Every piece is there, but empty files, or the last names, were not made before the last run ended. */
  async #finishRest(storage: Storage, isNamed: (file: number) => boolean): Promise<void> {
    for (const [index, file] of this.#options.metainfo.files.entries()) {
      if (file.isPadding || isNamed(index)) continue;
      const done = storage.finishFile(index);
      if (done !== undefined) await done;
    }
  }
}

function othersThan(targets: ReadonlySet<number>, count: number): Set<number> {
  return new Set(Array.from({ length: count }, (_, file) => file).filter((file) => !targets.has(file)));
}
