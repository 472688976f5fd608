// What a session asks for, done: every action has its line here, and a new one does not compile until it has one.
// It decides nothing: what an action means for the world is here, why it was asked for is in session/.

import type { PeerSource } from '../discovery/peer-source.js';
import type { SessionAction } from '../session/actions.js';
import type { Notice } from '../session/notices.js';
import type { PieceStore } from '../storage/piece-store.js';
import type { PeerRoster } from './peer-roster.js';
import type { UploadPump } from './upload-pump.js';
import type { WebSeedRoster } from './web-seed-roster.js';

export interface ExecutorOptions {
  readonly roster: PeerRoster;
  readonly store: PieceStore;
  readonly pump: UploadPump;
  readonly webSeeds: WebSeedRoster;
  readonly sources: readonly PeerSource[];
  readonly onNotice: (notice: Notice) => void;
  readonly onComplete: () => void;
}

export class ActionExecutor {
  readonly #options: ExecutorOptions;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  execute(action: SessionAction): void {
    const { roster, store, pump, webSeeds, sources } = this.#options;
    switch (action.type) {
      case 'send':
        roster.portOf(action.peer)?.send(action.message);
        return;
      case 'dial':
        void roster.dial(action.address, action.isEncrypted);
        return;
      case 'disconnect':
        roster.portOf(action.peer)?.close(action.reason);
        return;
      case 'send-block':
        pump.sendBlock(action.peer, action.piece, action.begin, action.length);
        return;
      case 'revoke-lease':
        store.revokeBlock(action.peer, action.piece, action.begin);
        return;
      case 'store-piece':
        store.store(action.piece, action.digests);
        return;
      case 'discard-piece':
        store.discard(action.piece);
        return;
      case 'forget-piece':
        store.forget(action.piece);
        return;
      case 'fetch-run':
        webSeeds.fetch(action);
        return;
      case 'resume-run':
        webSeeds.resume(action.link);
        return;
      case 'abort-run':
        webSeeds.abort(action.link);
        return;
      case 'announce':
        for (const source of sources) {
          if (action.event === 'completed') source.complete();
          else if (action.event === 'partial-seed') source.becomePartialSeed?.();
          else source.requestPeers();
        }
        return;
      case 'notice':
        this.#options.onNotice(action.notice);
        return;
      case 'complete':
        this.#options.onComplete();
        return;
      default:
        action satisfies never;
    }
  }
}
