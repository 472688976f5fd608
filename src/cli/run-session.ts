// A torrent's session under the hand of the command line: started with its restarts, watched for the view, stopped in order
// by a signal or by the time that is up. What download and seed have in common.

import type { Client } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import { monotonicNow } from '../engine/monotonic-clock.js';
import type { ServerSnapshot } from '../engine/server-snapshot.js';
import { SessionCrashedError } from '../engine/session-error.js';
import type { SessionOptions } from '../engine/session-options.js';
import type { DownloadResult } from '../engine/session-server.js';
import { supervisor, type SupervisedSession } from '../engine/supervisor.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { invariant } from '../model/error.js';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import type { Delivery } from './events/session-follower.js';
import type { ProgressView } from './render/progress.js';
import { describeCrash } from './report-error.js';
import { reachableAddress } from './render/port-text.js';
import { describeSources } from './render/source-text.js';
import type { RunEnd } from './run-end.js';
import { SessionWatch } from './session-watch.js';

export interface SessionRunOptions {
  readonly metainfo: Metainfo;
  /** Printable: what its lines call it, where that is not its own name. */
  readonly name?: string;
  /** Null: memory. */
  readonly folder: string | null;
  /** Never closed: the process ends with the command, and a small download must not wait for it. */
  readonly client: Client;
  readonly session: SessionOptions;
  /** Closed by whoever opened it. */
  readonly view: ProgressView;
  readonly end: RunEnd;
  /** What lines begin with that do not name the torrent: nothing where there is one. */
  readonly whose: string;
  /** At each look at it, for who decides how long it goes on; `stop` ends it in order. */
  readonly onLook?: (snapshot: ServerSnapshot, stop: () => void) => void;
  /** Ends it in order: all that was wanted is done. */
  readonly until?: AbortSignal;
  /** What the view and the events show instead of what is on the disk. */
  readonly delivery?: Delivery;
  /** Follows the session for machines. */
  readonly observer?: SessionObserver;
  /** A line to be said once the check of existing data is over; null for none. */
  readonly readyLine?: (snapshot: ServerSnapshot, port: number | null) => string | null;
}

export interface SessionObserver {
  /** A session has begun. Answers what to await when it has ended. */
  follow(session: SupervisedSession, delivery?: Delivery): () => Promise<void>;
  /** No data came for so long. */
  noteStall(silentMs: number, snapshot: ServerSnapshot): void;
}

export interface SessionRun {
  readonly result: DownloadResult;
  readonly snapshot: ServerSnapshot;
}

/** Resolves when the session has ended in order, however; rejects with what ended it otherwise. */
export async function runSession(options: SessionRunOptions, context: CommandContext): Promise<SessionRun> {
  const { metainfo, folder, client, view, end } = options;
  const { stderr, interruption, board } = context;
  let session: SupervisedSession | null = null;
  let watch: SessionWatch | null = null;
  let endFollowing: (() => Promise<void>) | null = null;
  /** The network is, for good: the reason of `lost` is what it ends with. */
  let isLost = false;
  const { lost } = client.egress;
  /** Nobody was asked for anything. */
  let wasWhole = false;
  const stop = (): void => {
    if (session === null) return;
    const notice = end.takeNotice();
    // What is read until somebody has enough (`| head`) ends without a word.
    const isQuietEnd = options.until !== undefined && end.cause === 'EPIPE';
    if (notice !== null && !isQuietEnd) board.log(notice);
    // A failure to stop shows in done(), which is what everybody waits for.
    session.stop(end.cause ?? 'stopped').catch(() => {});
  };
  end.signal.addEventListener('abort', stop, { once: true });
  const onDone = (): void => {
    session?.stop('done').catch(() => {});
  };
  options.until?.addEventListener('abort', onDone, { once: true });
  const onLost = (): void => {
    isLost = true;
    session?.stop('network').catch(() => {});
  };
  lost.addEventListener('abort', onLost);
  const forgetExit = interruption.onExit(() => session?.current.abandon());
  // Told as they happen, those included that a restart follows: a bug that heals itself is a bug all the same.
  const crashes: Error[] = [];
  const onCrash = (error: Error): void => {
    crashes.push(error);
    // Also when quiet: it is an error.
    board.always(describeCrash(error));
  };
  try {
    session = await supervisor.start(metainfo, {}, folder, { ...options.session, client, owner: { onCrash } });
    invariant(session !== null, 'the session is disabled although nobody disabled it');
    const finished = session.done();
    endFollowing = options.observer?.follow(session, options.delivery) ?? null;
    watch = new SessionWatch({
      session,
      view,
      ...(options.name === undefined ? {} : { name: options.name }),
      isVerbose: context.isVerbose,
      isReadOnly: options.session.isReadOnly === true,
      whose: options.whose,
      ...(options.delivery === undefined ? {} : { delivery: options.delivery }),
      now: monotonicNow,
      intervalMs: stderr.canDraw ? CONFIG.cli.drawIntervalMs : CONFIG.cli.plainIntervalMs,
      isDetailed: () => board.isDetailed,
      isPaused: () => client.isPaused,
      reachableAt: () => reachableAddress(client.portMapping),
      onLook: (snapshot) => options.onLook?.(snapshot, () => void session?.stop('ended').catch(() => {})),
      onSilence: (silentMs, snapshot) => options.observer?.noteStall(silentMs, snapshot),
      onChecked: (snapshot) => {
        const line = options.readyLine?.(snapshot, client.port) ?? null;
        // Also when quiet: scripts wait for it.
        if (line !== null) board.always(line);
      },
    });
    watch.start();
    // It may have come when there was nothing to stop yet.
    if (end.signal.aborted) stop();
    if (options.until?.aborted === true) onDone();
    if (lost.aborted) onLost();
    const result = await finished;
    const isCut = isLost && !end.signal.aborted;
    if (isCut && (result.status === 'stopped' || options.session.seed === true)) throw lost.reason;
    wasWhole = result.status === 'complete' && result.alreadyComplete && options.session.seed !== true;
    return { result, snapshot: session.current.snapshot() };
  } catch (error) {
    if (!(error instanceof SessionCrashedError) || !crashes.includes(error)) throw error;
    // Its stack has been printed.
    const times = crashes.length === 1 ? 'once' : `${crashes.length} times`;
    throw new CommandError('session_crashed', `a bug of effusion ended the session: it crashed ${times}, see above`, '', {
      cause: error,
    });
  } finally {
    watch?.stop();
    await endFollowing?.();
    end.signal.removeEventListener('abort', stop);
    options.until?.removeEventListener('abort', onDone);
    lost.removeEventListener('abort', onLost);
    if (context.isVerbose && session !== null && !wasWhole) {
      for (const line of describeSources(session.current.snapshot(), options.whose)) board.log(line);
    }
    forgetExit();
  }
}
