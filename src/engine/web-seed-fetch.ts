// One run of a web seed's link, from start to end: a request for each file it touches, padding made up, empty files left out (BEP 19, 47),
// every answer judged, every byte handed on. Reading pauses where the session has no memory for what comes.

import type { HttpStream, HttpStreamHandler } from '../io/http-stream.js';
import type { HttpStreams } from '../io/http-streams.js';
import type { HttpErrorCode } from '../io/http-error.js';
import type { FileLayout, FileSlice } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { Address } from '../model/address.js';
import type { Millis } from '../model/time.js';
import { isOfOneFile, judgeReply, type WantedBytes } from '../net/web-seed-reply.js';
import type { RequestPace } from '../session/limits.js';
import type { WebSeedEnd, WebSeedFailure, WebSeedReason } from '../session/web-seed.js';
import { CONFIG } from './config.js';
import type { RunFeeder } from './run-feeder.js';
import { USER_AGENT } from './version.js';

export interface WebSeedFetchOptions {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry' | 'isSingleFile'>;
  readonly layout: FileLayout;
  readonly streams: HttpStreams;
  readonly feeder: RunFeeder;
  /** Of a file; null where the server can't be asked for it. */
  readonly urlOf: (file: number) => string | null;
  readonly mayVisit: (address: Address, sentBy: Address | null) => boolean;
  /** Some wanted piece of the file is missing. */
  readonly needsFile: (file: number) => boolean;
  /** The server lacks one file of several: the run goes on with the next one unless it is aborted within. */
  readonly onLacking: (file: number, failure: WebSeedFailure) => void;
  readonly isWholeFiles: boolean;
  /** The server sends a range that was asked for. */
  readonly onRange: () => void;
  /** A download limit: what has come is paid for with a pause before more is read. */
  readonly pace: Pick<RequestPace, 'isPaused' | 'reserve'> | null;
  readonly now: () => Millis;
  /** Once, unless it is aborted; never from within a call. */
  readonly onEnded: (end: WebSeedEnd) => void;
  readonly onCrash: (error: unknown) => void;
}

const REASONS: Readonly<Record<HttpErrorCode, readonly [reason: WebSeedReason, isFinal: boolean]>> = {
  invalid_url: ['unusable-url', true],
  unsupported_scheme: ['unusable-url', true],
  timeout: ['unreachable', false],
  aborted: ['closed', false],
  too_large: ['bad-length', true],
  too_many_redirects: ['too-many-redirects', true],
  bad_redirect: ['bad-redirect', true],
  forbidden_address: ['forbidden-address', true],
  bad_encoding: ['packed', true],
  bad_response: ['not-http', true],
  refused: ['unreachable', false],
  unreachable: ['unreachable', false],
  name_not_found: ['name-not-found', false],
  certificate: ['certificate', true],
  proxy: ['unreachable', false],
  reset: ['closed', false],
  failed: ['closed', false],
};

function failed(code: HttpErrorCode): WebSeedEnd {
  const [reason, isFinal] = REASONS[code];
  return { type: 'failed', reason, isFinal };
}

export class WebSeedFetch {
  readonly #options: WebSeedFetchOptions;
  readonly #slices: readonly FileSlice[];
  #next = 0;
  #stream: HttpStream | null = null;
  /** Of the body now coming: bytes before the slice, bytes of it, and all that are left. */
  #beforeSlice = 0;
  #sliceLeft = 0;
  #bodyLeft = 0;
  /** Bytes that wait for memory; null as the chunk: zeros. */
  #waiting: { readonly chunk: Uint8Array | null; readonly at: number; readonly to: number } | null = null;
  #isBodyOver = false;
  /** The body says why the file is not there: so much more of it is read, as the connection can be kept then. */
  #refusal: { readonly failure: WebSeedFailure; bytesLeft: number } | null = null;
  /** Runs while the limit wants a pause. */
  #pause: NodeJS.Timeout | null = null;
  #isEnded = false;

  /** `offset`, `length`: of the run, in the torrent's bytes laid end to end. */
  constructor(options: WebSeedFetchOptions, offset: number, length: number) {
    this.#options = options;
    this.#slices = options.layout.slices(offset, length);
    this.#later(() => this.#advance());
  }

  /** There is memory. */
  resume(): void {
    this.#later(() => this.#goOn());
  }

  abort(): void {
    this.#isEnded = true;
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#options.feeder.stop();
    this.#stream?.abort();
    this.#stream = null;
  }

  /** Not within the event that the session is handling: what is fed causes events of its own. */
  #later(action: () => void): void {
    queueMicrotask(() => this.#guard(action));
  }

  #guard(action: () => void): void {
    if (this.#isEnded) return;
    try {
      action();
    } catch (error) {
      this.abort();
      this.#options.onCrash(error);
    }
  }

  /** The next slices, up to one that needs a request or has to wait. */
  #advance(): void {
    const { feeder, isWholeFiles, needsFile } = this.#options;
    while (!this.#isEnded) {
      const slice = this.#slices[this.#next++];
      if (slice === undefined || feeder.isOver) {
        this.#end({ type: 'done' });
        return;
      }
      if (slice.isPadding) {
        if (!this.#feed(null, 0, slice.length)) return;
      } else if (isWholeFiles && !needsFile(slice.file)) {
        feeder.leap(slice.length);
      } else if (!isWholeFiles && feeder.isAtEnd()) {
        this.#end({ type: 'done' });
        return;
      } else {
        this.#request(slice);
        return;
      }
    }
  }

  /** The file that was asked for is not there, or another one. */
  #lack(failure: WebSeedFailure): void {
    const { file } = this.#slices[this.#next - 1];
    this.#stream?.abort();
    this.#stream = null;
    this.#refusal = null;
    this.#waiting = null;
    this.#options.onLacking(file, failure);
    if (this.#isEnded) return;
    this.#options.feeder.leap(this.#sliceLeft);
    this.#advance();
  }

  #request(slice: FileSlice): void {
    const { urlOf, metainfo, isWholeFiles, streams, mayVisit } = this.#options;
    const url = urlOf(slice.file);
    if (url === null) {
      const failure = { reason: metainfo.isSingleFile ? 'unusable-url' : 'unusable-name', isFinal: true } as const;
      this.#sliceLeft = slice.length;
      this.#later(() => (metainfo.isSingleFile ? this.#end({ type: 'failed', ...failure }) : this.#lack(failure)));
      return;
    }
    const fileLength = metainfo.files[slice.file].length;
    const isRange = !isWholeFiles && slice.length < fileLength;
    const wanted = { from: slice.fileOffset, length: slice.length, fileLength, isRange };
    this.#beforeSlice = isRange ? 0 : slice.fileOffset;
    this.#sliceLeft = slice.length;
    this.#isBodyOver = false;
    const range = isRange ? { from: slice.fileOffset, to: slice.fileOffset + slice.length - 1 } : null;
    this.#stream = streams.get(
      { url, userAgent: USER_AGENT, range, maxRedirects: CONFIG.webSeeds.maxRedirects, mayVisit },
      this.#handler(wanted),
    );
  }

  #handler(wanted: WantedBytes): HttpStreamHandler {
    return {
      onHead: (status, headers) => {
        const verdict = judgeReply(status, headers, wanted, Date.now());
        if (verdict.type === 'body') {
          this.#bodyLeft = verdict.length;
          if (wanted.isRange) this.#guard(() => this.#options.onRange());
          return !this.#isEnded;
        }
        if (verdict.type === 'failed' && isOfOneFile(verdict) && !this.#options.metainfo.isSingleFile) {
          const { type: _, ...failure } = verdict;
          if (status >= 400) this.#refusal = { failure, bytesLeft: CONFIG.webSeeds.maxRefusalBytes };
          else this.#later(() => this.#lack(failure));
          return status >= 400;
        }
        this.#later(() => this.#end(verdict));
        return false;
      },
      onData: (chunk) => this.#guard(() => this.#take(chunk)),
      onEnd: () =>
        this.#guard(() => {
          if (this.#refusal !== null) {
            this.#stream = null;
            this.#lack(this.#refusal.failure);
            return;
          }
          this.#isBodyOver = true;
          if (this.#waiting === null && this.#pause === null) this.#endBody();
        }),
      onFailed: (error) =>
        this.#guard(() => {
          if (this.#refusal !== null) this.#lack(this.#refusal.failure);
          else this.#end(failed(error.code));
        }),
    };
  }

  #take(chunk: Uint8Array): void {
    if (this.#refusal !== null) {
      this.#refusal.bytesLeft -= chunk.length;
      if (this.#refusal.bytesLeft < 0) this.#lack(this.#refusal.failure);
      return;
    }
    this.#bodyLeft -= chunk.length;
    this.#pay(chunk.length);
    if (this.#bodyLeft < 0) {
      const failure = { reason: 'bad-length', isFinal: true } as const;
      if (this.#options.metainfo.isSingleFile) this.#end({ type: 'failed', ...failure });
      else this.#lack(failure);
      return;
    }
    const before = Math.min(this.#beforeSlice, chunk.length);
    if (before > 0) {
      this.#beforeSlice -= before;
      this.#options.feeder.discard(before);
    }
    const to = before + Math.min(chunk.length - before, this.#sliceLeft);
    if (to === before) return;
    this.#sliceLeft -= to - before;
    if (this.#feed(chunk, before, to)) this.#afterFeed();
  }

  /** False: it waits, or the run is over and said to be. */
  #feed(chunk: Uint8Array | null, from: number, to: number): boolean {
    const { feeder } = this.#options;
    const at = feeder.feed(chunk, from, to);
    if (this.#isEnded) return false;
    if (at === to) return true;
    if (feeder.isOver) {
      this.#end({ type: 'done' });
      return false;
    }
    this.#waiting = { chunk, at, to };
    this.#stream?.pause();
    return false;
  }

  #goOn(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    if (!this.#feed(waiting.chunk, waiting.at, waiting.to)) return;
    if (waiting.chunk === null) this.#advance();
    else this.#readOn();
  }

  #readOn(): void {
    if (this.#waiting !== null || this.#pause !== null) return;
    if (this.#isBodyOver) {
      this.#endBody();
      return;
    }
    this.#afterFeed();
    if (!this.#isEnded) this.#stream?.resume();
  }

  #pay(bytes: number): void {
    const { pace, now } = this.#options;
    if (pace === null) return;
    const at = now();
    const pauseMs = pace.isPaused ? CONFIG.pacing.pausedTickMs : pace.reserve(bytes, at) - at;
    if (pauseMs > 0) this.#pauseFor(pauseMs);
  }

  #pauseFor(pauseMs: Millis): void {
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#stream?.pause();
    this.#options.feeder.pause(pauseMs);
    this.#pause = setTimeout(() => {
      this.#pause = null;
      if (this.#options.pace?.isPaused === true) this.#pauseFor(CONFIG.pacing.pausedTickMs);
      else this.#guard(() => this.#readOn());
    }, pauseMs);
  }

  /** A whole file of which the rest is not wanted, as nothing comes after it, is not read to its end. */
  #afterFeed(): void {
    const isLast = this.#next >= this.#slices.length;
    if (this.#sliceLeft === 0 && this.#bodyLeft > 0 && isLast) this.#end({ type: 'done' });
  }

  #endBody(): void {
    this.#stream = null;
    if (this.#bodyLeft > 0 || this.#sliceLeft > 0) this.#end(failed('reset'));
    else this.#advance();
  }

  #end(end: WebSeedEnd): void {
    if (this.#isEnded) return;
    this.abort();
    this.#options.onEnded(end);
  }
}
