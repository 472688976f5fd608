// A torrent's place on disk, from the lock to the piece store: takes the folder, looks at what is there, believes or hashes
// it, brings it into shape, and keeps the resume state as pieces come. Without a folder everything stays in memory.

import { availableParallelism } from 'node:os';
import path from 'node:path';
import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { isPlaced, placeFiles, rootNames } from '../metainfo/placement.js';
import { Bitfield } from '../model/bitfield.js';
import { type PieceIndex, toHex } from '../model/ids.js';
import { ChoiceNotes } from '../storage/choice-notes.js';
import { allocateFiles, type AllocationOptions } from '../storage/allocation.js';
import type { DiskPaces } from '../storage/disk-pace.js';
import { removeEmptyFolders } from '../storage/empty-folders.js';
import { adoptFiles, refuseExisting } from '../storage/existing-files.js';
import { type FileChoice, residentPieces, settleChoice } from '../storage/file-choice.js';
import { FilePaths } from '../storage/file-paths.js';
import { type FileStamp, type FoundFile, isVacant, scanFiles } from '../storage/file-scan.js';
import { FileStorage } from '../storage/file-storage.js';
import { measureSpace, refuseWhereFull, type SpaceOptions } from '../storage/free-space.js';
import { HashPool } from '../storage/hash-pool.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { expectWritable, isSameFolder } from '../storage/output-folder.js';
import { expectApart } from '../storage/parts-folder.js';
import { PartsFile } from '../storage/parts-file.js';
import { recoverParts, takeParts } from '../storage/parts-recovery.js';
import { PartsStorage } from '../storage/parts-storage.js';
import { ResumeFile, type ResumeState } from '../storage/resume-file.js';
import { ServedStorage } from '../storage/served-storage.js';
import { SpaceReservation } from '../storage/space-reservation.js';
import { TorrentLocks } from '../storage/torrent-locks.js';
import type { Storage } from '../storage/storage.js';
import type { OpenFiles } from '../storage/open-files.js';
import { CONFIG } from './config.js';
import { lookAtFiles, lookToServe, takeReusable } from './disk-looks.js';
import { chosenFiles, madeFiles, settleOnDisk, withPaddingFor } from './file-selection.js';
import type { PlaceOptions } from './place-options.js';
import { type SessionOptions, wireInfoHash } from './session-options.js';
import type { SpaceLedger } from './space-ledger.js';

/**
 * Of the session. `isReadOnly`: serve what is there and change nothing, without a lock; `files`: indices of those that were
 * chosen, left out: all; the others are never made or changed.
 */
type DiskSessionOptions = PlaceOptions &
  Pick<
    SessionOptions,
    'fsync' | 'overwrite' | 'files' | 'notesFolder' | 'isReadOnly' | 'servesPart' | 'isHashed' | 'command' | 'reader'
  >;

export interface TorrentDiskOptions {
  readonly metainfo: Metainfo;
  /** Null: memory. */
  readonly folder: string | null;
  /** What the torrents of a process share. */
  readonly client: { readonly openFiles: OpenFiles; readonly space: SpaceLedger; readonly diskPaces: DiskPaces };
  readonly options: DiskSessionOptions;
}

/** Bytes looked at, or allocated, of all that are to be. */
export type DiskProgress = (doneBytes: number, totalBytes: number, work: 'checking' | 'allocating') => void;

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
  readonly #metainfo: Metainfo;
  readonly #folder: string | null;
  readonly #client: TorrentDiskOptions['client'];
  readonly #options: DiskSessionOptions;
  /** Indices of the files; null: all. */
  readonly #chosen: ReadonlySet<number> | null;
  readonly #isReadOnly: boolean;
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
  #locks: TorrentLocks | null = null;
  #storage: FileStorage | null = null;
  #partsStorage: PartsStorage | null = null;
  readonly #claims: (() => void)[] = [];

  /** Throws a PlacementError. */
  constructor(options: TorrentDiskOptions) {
    const { folder, client } = options;
    const { placement = {}, incompleteFolder, isReadOnly = false } = options.options;
    const chosen = chosenFiles(options.metainfo, options.options.files);
    const metainfo = placeFiles(options.metainfo, placement, chosen);
    this.#metainfo = metainfo;
    this.#folder = folder;
    this.#client = client;
    this.#options = options.options;
    this.#chosen = chosen;
    this.#isReadOnly = isReadOnly;
    this.#paths = folder === null ? null : new FilePaths(folder, metainfo, isReadOnly ? folder : incompleteFolder);
    const isElsewhere = isPlaced(placement) || this.#paths?.partsFolder !== this.#paths?.folder;
    if (this.#paths !== null) expectApart(this.#paths, madeFiles(metainfo, chosen));
    const isChosen = (file: number): boolean => chosen?.has(file) !== false;
    this.#resume =
      this.#paths === null ? null : new ResumeFile({ metainfo, paths: this.#paths, isPlaced: isElsewhere, isChosen });
    const usesParts = !isReadOnly || options.options.servesPart === true;
    this.#parts = this.#paths === null || !usesParts ? null : new PartsFile(this.#paths.partsFolder, metainfo);
    const { notesFolder } = options.options;
    const { infoHash } = metainfo;
    const placed = isPlaced(placement) ? { placedFiles: metainfo.files } : {};
    this.#notes =
      folder === null || notesFolder === undefined
        ? null
        : new ChoiceNotes({
            folder: notesFolder,
            dataFolder: folder,
            infoHash,
            ...placed,
            maxNotes: CONFIG.storage.maxChoiceNotes,
          });
  }

  /** Where the torrent's file or folder is, or its files where they have no folder of their own; empty where it is in memory. */
  get rootPaths(): string[] {
    const folder = this.#folder;
    return folder === null ? [] : rootNames(this.#metainfo, this.#chosen).map((name) => path.join(folder, name));
  }

  /** Takes the folder. Throws a StorageError: `EINUSE` where another run has it. */
  lock(): void {
    const { command = 'effusion' } = this.#options;
    if (this.#paths === null || this.#isReadOnly) return;
    const { folder, partsFolder } = this.#paths;
    // Else it would show when the first file is whole.
    if (folder !== partsFolder) expectWritable(folder);
    // Hidden names are of the torrent, wherever its files are placed: who has the same one here must not use them too.
    const ownName = `${this.#metainfo.name} (${toHex(wireInfoHash(this.#metainfo.infoHash)).slice(0, 8)})`;
    this.#locks = TorrentLocks.acquire({
      // Whole files come to the folder from wherever they grew: another run may have another folder for that.
      folders: isSameFolder(folder, partsFolder) ? [partsFolder] : [partsFolder, folder],
      names: rootNames(this.#metainfo, this.#chosen),
      ownName,
      maxLockedNames: CONFIG.storage.maxLockedNames,
      startedAt: new Date().toISOString(),
      command,
    });
  }

  /** Finds out what is there; rejects with a StorageError or the signal's reason. Later the signal ends the move of a whole file. */
  async open(onProgress: DiskProgress, signal: AbortSignal): Promise<OpenedDisk> {
    const { fsync = false, overwrite = 'verify', reuseFolders = [], reader, servesPart = false } = this.#options;
    const { openFiles, diskPaces } = this.#client;
    const metainfo = this.#metainfo;
    const isReadOnly = this.#isReadOnly;
    const chosen = this.#chosen;
    const paths = this.#paths;
    if (paths === null || this.#resume === null) {
      const have = new Bitfield(metainfo.geometry.pieceCount);
      const nothing = metainfo.files.map(() => ({ name: null, part: null }));
      const choice = chosen === null ? null : settleChoice({ metainfo, chosen, found: nothing, have, noted: new Map() });
      const storage = reader?.createStorage() ?? new MemoryStorage(metainfo.files);
      return { storage, have, resumed: false, wasComplete: false, choice };
    }
    const isChosen = (file: number): boolean => chosen?.has(file) !== false;
    const hashPool = new HashPool(availableParallelism(), CONFIG.hashing);
    const report = (work: 'checking' | 'allocating') => (doneBytes: number, totalBytes: number) => {
      this.#locks?.touch();
      onProgress(doneBytes, totalBytes, work);
    };
    const onStep = (): void => this.#locks?.touch();
    const resume = isReadOnly ? this.#vouched() : await this.#resume.load();
    const look = { metainfo, paths, resume, overwrite, hashPool, onProgress: report('checking'), signal, onStep, isChosen };
    const looked = isReadOnly ? lookToServe(look, servesPart) : takeReusable(await lookAtFiles(look), reuseFolders, look);
    const { have, found: checked, resumed } = await looked;
    signal.throwIfAborted();
    const layout = FileLayout.of(metainfo.files);
    const noted = this.#notes?.read() ?? new Map<number, FileStamp>();
    const settle = (now: readonly FoundFile[], contradicted: ReadonlySet<number>): FileChoice | null =>
      settleOnDisk({ metainfo, found: now, have, noted, contradicted }, chosen, isReadOnly ? 'verify' : overwrite);
    const parts = this.#parts;
    // Who makes every file needs it only for what an earlier choice has left.
    const isLeft = parts !== null && (chosen !== null || parts.isThere);
    const beforeWrite = (contradicted: ReadonlySet<number>): void => {
      if (overwrite !== 'never') return;
      refuseExisting({ metainfo, paths, found: checked, have, choice: settle(checked, contradicted), contradicted });
    };
    const inParts = { ...look, layout, found: checked, have };
    const {
      pieces: recovered,
      contradicted,
      found,
    } = !isLeft
      ? { pieces: new Set<PieceIndex>(), contradicted: new Set<number>(), found: checked }
      : isReadOnly
        ? await takeParts({ ...inParts, parts })
        : await recoverParts({ ...inParts, parts, beforeWrite });
    const choice = settle(found, contradicted);
    if (choice !== null) this.#targets = new Set([...choice.targets, ...choice.kept]);
    if (choice !== null && parts !== null) this.#resident = residentPieces(metainfo, parts, choice, have, recovered);
    else if (isReadOnly) this.#resident = recovered;
    const finished = isReadOnly
      ? new Set([...metainfo.files.keys()].filter((file) => found[file].part === null))
      : await adoptFiles({
          metainfo,
          paths,
          found,
          have,
          overwrite: overwrite === 'never' ? 'never' : 'repair',
          choice,
          contradicted,
          copyStepBytes: CONFIG.storage.copyStepBytes,
          onCopyStep: onStep,
          signal,
        });
    const isWhole = choice === null ? have.isFull : have.includes(choice.wanted);
    if (!isReadOnly && !isWhole) {
      const files = choice === null ? metainfo.files : withPaddingFor(metainfo.files, choice.targets);
      const space = {
        metainfo: { files, geometry: metainfo.geometry },
        paths,
        have,
        finished,
        found,
        ...(parts === null ? {} : { parts: parts.spaceFor(this.#resident, have) }),
      };
      await this.#prepareSpace(space, report('allocating'), signal);
    }
    const isAllowed = (this.#options.allocate ?? 'auto') === 'auto';
    const files = new FileStorage({
      files: metainfo.files,
      paths,
      openFiles,
      finished,
      ...(choice === null ? {} : { untouched: new Set([...metainfo.files.keys()].filter((file) => !choice.targets.has(file))) }),
      syncWriteBytes: CONFIG.storage.syncWriteBytes,
      pace: diskPaces.paceIn(paths.partsFolder, metainfo.geometry.standardPieceLength),
      fsync,
      isFinishedByOthers: isReadOnly,
      keepsExisting: (file) => overwrite === 'never' || isVacant(found[file]),
      move: { stepBytes: CONFIG.storage.copyStepBytes, signal, onStep },
      reservation: new SpaceReservation({ fromBytes: CONFIG.storage.reserveFromBytes, signal, isAllowed }),
    });
    this.#storage = files;
    this.#partsStorage =
      parts === null || this.#resident.size === 0
        ? null
        : new PartsStorage({
            layout,
            files,
            parts,
            resident: this.#resident,
            kept: choice?.kept ?? new Set(),
            nameOf: (file) => paths.name(file),
            geometry: metainfo.geometry,
            folder: paths.partsFolder,
            openFiles,
            isOfOthers: isReadOnly,
          });
    const own = this.#partsStorage ?? files;
    const storage = isReadOnly ? new ServedStorage({ storage: own, metainfo, layout, paths, found }) : own;
    const isNamed = (file: number): boolean => finished.has(file) || choice?.targets.has(file) === false;
    const wasComplete = isWhole && metainfo.files.every((file, index) => file.isPadding || isNamed(index));
    if (isWhole && !wasComplete && !isReadOnly) await this.#finishRest(storage, isNamed);
    // What it held is in the files now.
    if (choice === null && isLeft && !isReadOnly) parts.remove();
    return { storage, have, resumed, wasComplete, choice };
  }

  /** What is whole is on its way to another file system: no data comes meanwhile, and that is nobody's fault. */
  get isMoving(): boolean {
    return this.#storage?.isMoving === true;
  }

  /** The folder is still ours. */
  touch(): void {
    this.#locks?.touch();
  }

  /** Writes down which pieces are there; throws a StorageError. */
  saveResume(have: Bitfield): void {
    this.touch();
    if (this.#keepsResume) this.#resume?.save(this.#inFiles(have));
  }

  /**
   * For an end in order, when nothing is written any more: the same, and flushes what it vouches for, so that it counts after
   * the machine was started again too. Within a time limit; where that passes, the state counts within this boot only.
   */
  async flushResume(have: Bitfield): Promise<void> {
    if (!this.#keepsResume || this.#resume === null) return;
    this.#locks?.touch();
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
    if (this.#paths !== null && this.#paths.partsFolder !== this.#paths.folder) {
      removeEmptyFolders(this.#paths.partsFolder, this.#metainfo.files);
    }
  }

  /** The same, when nobody reads of it any more. Throws a StorageError. */
  removeParts(): void {
    if (this.#keepsResume) this.#parts?.remove();
  }

  /** Synchronous: the second ^C has no time for more. */
  unlock(): void {
    this.#unlocking.abort();
    this.#locks?.releaseSync();
    for (const giveBack of this.#claims) giveBack();
    this.#locks = null;
  }

  /** For the next run with this choice: what was verified now may not be verifiable then. */
  #noteTargets(paths: FilePaths): void {
    if (this.#notes === null || this.#targets.size === 0) return;
    const metainfo = this.#metainfo;
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

  /** Of who has hashed it already: all of it, where the files are as long as they should be. */
  #vouched(): ResumeState | null {
    const { pieceCount } = this.#metainfo.geometry;
    return this.#options.isHashed === true ? { have: Bitfield.full(pieceCount), isTrusted: () => true } : null;
  }

  /** Once the lock is given up the folder may be somebody else's. */
  get #keepsResume(): boolean {
    return !this.#isReadOnly && !this.#unlocking.signal.aborted;
  }

  /** Refuses what has no room, claims it towards other torrents, and takes it where that is wanted. */
  async #prepareSpace(
    look: SpaceOptions & Pick<AllocationOptions, 'parts'>,
    onProgress: (doneBytes: number, totalBytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { allocate, checkSpace = true } = this.#options;
    const { space } = this.#client;
    const needs = measureSpace(look);
    if (checkSpace) for (const need of needs) refuseWhereFull(need, space.claimedOn(need.device));
    let allocatedBytes = 0;
    const takenBytes = (): number =>
      Math.max(allocatedBytes, this.#storage?.takenBytes ?? 0) + (this.#partsStorage?.writtenBytes ?? 0);
    for (const [index, { device, neededBytes }] of needs.entries()) {
      // The second one is of the output folder, to which whole files come.
      const leftBytes = (): number =>
        index === 0 ? neededBytes - takenBytes() : (this.#storage?.unfinishedBytes ?? neededBytes);
      this.#claims.push(space.claim(device, leftBytes));
    }
    if (allocate !== 'sparse' && allocate !== 'full') return;
    const { allocateStepBytes: stepBytes } = CONFIG.storage;
    const onStep = (doneBytes: number, totalBytes: number): void => {
      allocatedBytes = doneBytes;
      onProgress(doneBytes, totalBytes);
    };
    await allocateFiles({ ...look, mode: allocate, stepBytes, onProgress: onStep, signal });
    if (allocate === 'full') allocatedBytes = Number.POSITIVE_INFINITY;
  }

  /** Every piece is there, but empty files, or the last names, were not made before the last run ended. */
  async #finishRest(storage: Storage, isNamed: (file: number) => boolean): Promise<void> {
    for (const [index, file] of this.#metainfo.files.entries()) {
      if (file.isPadding || isNamed(index)) continue;
      const done = storage.finishFile(index);
      if (done !== undefined) await done;
    }
  }
}
