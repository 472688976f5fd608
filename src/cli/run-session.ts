// A torrent's session under the hand of the command line: started with its restarts, watched for the view, stopped in order
// by a signal or by the time that is up. What download and seed have in common.

import { performance } from 'node:perf_hooks';
import type { Client } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import type { ServerSnapshot } from '../engine/server-snapshot.js';
import { SessionCrashedError } from '../engine/session-error.js';
import type { SessionOptions } from '../engine/session-options.js';
import type { DownloadResult } from '../engine/session-server.js';
import { supervisor, type SupervisedSession } from '../engine/supervisor.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { invariant } from '../model/error.js';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { openView } from './progress-view.js';
import { describeCrash } from './report-error.js';
import { describeSources } from './render/source-text.js';
import { SessionWatch } from './session-watch.js';

export interface SessionRunOptions {
  readonly metainfo: Metainfo;
  readonly folder: string;
  /** Never closed: the process ends with the command, and a small download must not wait for it. */
  readonly client: Client;
  readonly session: SessionOptions;
  /** Of the whole run; 0 is off. */
  readonly timeoutMs: number;
  /** A line to be said once the check of existing data is over; null for none. */
  readonly readyLine?: (snapshot: ServerSnapshot, port: number | null) => string | null;
}

export interface SessionRun {
  readonly result: DownloadResult;
  readonly snapshot: ServerSnapshot;
  readonly isTimedOut: boolean;
}

/** Resolves when the session has ended in order, however; rejects with what ended it otherwise. The terminal is clean then. */
export async function runSession(options: SessionRunOptions, context: CommandContext): Promise<SessionRun> {
  const { metainfo, folder, client } = options;
  const { stderr, interruption, isQuiet } = context;
  const view = openView(context);
  let session: SupervisedSession | null = null;
  let watch: SessionWatch | null = null;
  let isTimedOut = false;
  /** The network is, for good: the reason of `lost` is what the run ends with. */
  let isLost = false;
  const { lost } = client.egress;
  /** Nobody was asked for anything. */
  let wasWhole = false;
  const stop = (reason: string): void => {
    // A failure to stop shows in done(), which is what everybody waits for.
    session?.stop(reason).catch(() => {});
  };
  const forgetStop = interruption.onStop((cause) => {
    if (!isQuiet) view.log(`stopping (${cause}); once more to stop at once`);
    stop(cause);
  });
  const forgetExit = interruption.onExit(() => session?.current.abandon());
  const onTimeout = (): void => {
    isTimedOut = true;
    stop('timeout');
  };
  const onLost = (): void => {
    isLost = true;
    stop('network');
  };
  lost.addEventListener('abort', onLost);
  // Told as they happen, those included that a restart follows: a bug that heals itself is a bug all the same.
  const crashes: Error[] = [];
  const onCrash = (error: Error): void => {
    crashes.push(error);
    // Also when quiet: it is an error.
    if (isQuiet) stderr.line(describeCrash(error));
    else view.log(describeCrash(error));
  };
  const timer = options.timeoutMs > 0 ? setTimeout(onTimeout, options.timeoutMs) : null;
  try {
    session = await supervisor.start(metainfo, {}, folder, { ...options.session, client, owner: { onCrash } });
    invariant(session !== null, 'the session is disabled although nobody disabled it');
    const finished = session.done();
    watch = new SessionWatch({
      session,
      view,
      isVerbose: context.isVerbose,
      now: () => performance.now(),
      intervalMs: stderr.canDraw ? CONFIG.cli.drawIntervalMs : CONFIG.cli.plainIntervalMs,
      onChecked: (snapshot) => {
        const line = options.readyLine?.(snapshot, client.port) ?? null;
        if (line === null) return;
        // Also when quiet: scripts wait for it.
        if (isQuiet) stderr.line(line);
        else view.log(line);
      },
    });
    watch.start();
    // They may have come when there was nothing to stop yet.
    if (interruption.cause !== null) stop(interruption.cause);
    if (isTimedOut) stop('timeout');
    if (lost.aborted) onLost();
    const result = await finished;
    const isCut = isLost && interruption.cause === null && !isTimedOut;
    if (isCut && (result.status === 'stopped' || options.session.seed === true)) throw lost.reason;
    wasWhole = result.status === 'complete' && result.alreadyComplete && options.session.seed !== true;
    return { result, snapshot: session.current.snapshot(), isTimedOut };
  } catch (error) {
    if (!(error instanceof SessionCrashedError) || !crashes.includes(error)) throw error;
    // Its stack has been printed.
    const times = crashes.length === 1 ? 'once' : `${crashes.length} times`;
    throw new CommandError('session_crashed', `a bug of effusion ended the session: it crashed ${times}, see above`, '', {
      cause: error,
    });
  } finally {
    if (timer !== null) clearTimeout(timer);
    watch?.stop();
    lost.removeEventListener('abort', onLost);
    view.close();
    if (context.isVerbose && session !== null && !wasWhole) {
      for (const line of describeSources(session.current.snapshot())) stderr.line(line);
    }
    forgetStop();
    forgetExit();
  }
}
