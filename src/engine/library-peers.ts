// Peers whose connections a library user keeps: registered by their 20-byte id, fed with messages, taken away again. What
// comes before the disk check is over waits for it, in order. A message that breaks the rules ends its peer; what the caller
// did wrong has an error of its own.

import { createAddress, type Address } from '../model/address.js';
import { equalBytes, PEER_ID_BYTES, toHex, type PeerId, type PeerKey } from '../model/ids.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { Message } from '../wire/message.js';
import type { BlockIntake } from './block-intake.js';
import { isMessage } from './message-shape.js';
import type { PeerRoster } from './peer-roster.js';
import {
  DuplicatePeerError,
  InvalidArgumentError,
  NotRunningError,
  PeerEndedError,
  SelfConnectionError,
  UnknownPeerError,
} from './session-error.js';
import type { SessionLoop } from './session-loop.js';

/** What registered peers work with, once the disk was checked. */
export interface LibraryRun {
  readonly roster: PeerRoster;
  readonly loop: SessionLoop;
  /** The way in for the bodies of a peer's blocks. */
  readonly intakeFor: (peer: PeerKey) => BlockIntake;
  /** Whenever a peer says or sends anything. */
  readonly onMessage: () => void;
}

interface LibraryPeer {
  readonly id: string;
  readonly peerId: PeerId;
  readonly address: Address;
  readonly send: (message: Message) => void;
  readonly onEnded: ((reason: DisconnectReason) => void) | undefined;
  /** Null: waits for the run to begin. */
  place: { readonly key: PeerKey; readonly intake: BlockIntake } | null;
  endedBy: DisconnectReason | null;
  /** What its `send` threw. */
  cause: unknown;
}

interface WaitingMessage {
  readonly peer: LibraryPeer;
  readonly message: Message;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function isPeerId(value: unknown): value is PeerId {
  return value instanceof Uint8Array && value.length === PEER_ID_BYTES;
}

function toAddress(value: unknown): Address | null {
  if (typeof value !== 'object' || value === null || !('host' in value) || !('port' in value)) return null;
  return typeof value.host === 'string' && typeof value.port === 'number' ? createAddress(value.host, value.port) : null;
}

export class LibraryPeers {
  readonly #ownId: PeerId;
  readonly #infoHash: string;
  readonly #peers = new Map<string, LibraryPeer>();
  readonly #waiting: WaitingMessage[] = [];
  #run: LibraryRun | null = null;
  #isDrainScheduled = false;
  #isEnded = false;

  /** `infoHash`: hexadecimal, for errors. */
  constructor(ownId: PeerId, infoHash: string) {
    this.#ownId = ownId;
    this.#infoHash = infoHash;
  }

  /** The disk was checked: who waits is admitted, and what was said meanwhile is handled. */
  begin(run: LibraryRun): void {
    this.#run = run;
    for (const peer of this.#peers.values()) this.#admit(run, peer);
    this.#drain();
  }

  /** Nothing is taken any more. */
  end(): void {
    this.#isEnded = true;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#notRunning());
    for (const peer of this.#peers.values()) this.#drop(peer, 'stopping');
  }

  register(
    peerId: PeerId,
    address: { host: string; port: number },
    send: (message: Message) => void,
    onEnded?: (reason: DisconnectReason) => void,
  ): void {
    if (this.#isEnded) throw this.#notRunning();
    const id = this.#validate(peerId);
    if (this.#peers.has(id)) throw new DuplicatePeerError(`the peer ${id} is registered already`, { peerId: id });
    const where = toAddress(address);
    if (where === null) {
      throw new InvalidArgumentError('address must be a numeric host and a port of 1 … 65535', { argument: 'address' });
    }
    if (typeof send !== 'function') throw new InvalidArgumentError('send must be a function', { argument: 'send' });
    const peer: LibraryPeer = { id, peerId, address: where, send, onEnded, place: null, endedBy: null, cause: undefined };
    this.#peers.set(id, peer);
    if (this.#run === null) return;
    this.#admit(this.#run, peer);
    if (peer.endedBy !== null) throw this.#ended(peer, 'was refused');
  }

  /** Rejects with PeerEndedError where the message, or one before it, ended its peer. */
  handle(peerId: PeerId, message: Message): Promise<void> {
    if (this.#isEnded) throw this.#notRunning();
    const id = this.#validate(peerId);
    if (!isMessage(message)) throw new InvalidArgumentError('message is not one of the peer protocol', { argument: 'message' });
    const peer = this.#peers.get(id);
    if (peer === undefined) throw new UnknownPeerError(`no connection of the peer ${id} is registered`, { peerId: id });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ peer, message, resolve, reject });
      this.#drain();
    });
  }

  /** False where it was not registered (any more), or `address` is not its own. Never throws. */
  unregister(peerId: PeerId, address?: { host: string; port: number } | null): boolean {
    const peer = isPeerId(peerId) ? this.#peers.get(toHex(peerId)) : undefined;
    if (peer === undefined) return false;
    if (address !== undefined && address !== null) {
      const where = toAddress(address);
      if (where?.host !== peer.address.host || where.port !== peer.address.port) return false;
    }
    this.#drop(peer, 'unregistered');
    return true;
  }

  #admit({ roster, intakeFor }: LibraryRun, peer: LibraryPeer): void {
    // One that registers from within another's `send` is admitted already when its turn comes.
    if (peer.place !== null) return;
    const key = roster.newKey();
    peer.place = { key, intake: intakeFor(key) };
    roster.adopt(key, peer.peerId, peer.address, {
      send: (message) => this.#send(peer, message),
      // A copy: what a caller does with a message, and for how long, is not ours to know.
      sendBlock: (piece, begin, block) => this.#send(peer, { type: 'piece', piece, begin, block: Uint8Array.from(block) }),
      givenBytes: 0,
      unsentBytes: 0,
      isWritable: true,
      close: (reason) => this.#drop(peer, reason),
    });
  }

  /** A caller's function that throws is that connection's end, not the session's. */
  #send(peer: LibraryPeer, message: Message): void {
    if (peer.endedBy !== null) return;
    try {
      peer.send(message);
    } catch (error) {
      peer.cause = error;
      this.#drop(peer, 'send-failure');
    }
  }

  #drop(peer: LibraryPeer, reason: DisconnectReason): void {
    if (peer.endedBy !== null) return;
    peer.endedBy = reason;
    this.#peers.delete(peer.id);
    if (peer.place !== null) this.#run?.roster.forget(peer.place.key, reason);
    if (this.#run === null) this.#refuseWaiting(peer);
    const { onEnded } = peer;
    // Later: whatever it does, or throws, is not to happen in the middle of the session's work.
    if (onEnded !== undefined && reason !== 'unregistered') queueMicrotask(() => onEnded(reason));
  }

  #refuseWaiting(peer: LibraryPeer): void {
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.peer === peer) waiting.reject(this.#ended(peer, 'was ended'));
      else this.#waiting.push(waiting);
    }
  }

  /** Messages are handled one after the other, also those that a `send` hands in while another one is being handled. */
  #drain(): void {
    const run = this.#run;
    if (run === null) return;
    if (run.loop.isBusy) {
      if (this.#isDrainScheduled) return;
      this.#isDrainScheduled = true;
      queueMicrotask(() => {
        this.#isDrainScheduled = false;
        this.#drain();
      });
      return;
    }
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#handle(run, next);
  }

  #handle(run: LibraryRun, { peer, message, resolve, reject }: WaitingMessage): void {
    const { loop, onMessage } = run;
    if (peer.endedBy === null && peer.place !== null) {
      onMessage();
      const { key, intake } = peer.place;
      try {
        if (message.type === 'piece') takeBlock(intake, message);
        else loop.dispatch({ type: 'message', peer: key, message });
      } catch (error) {
        loop.crash(error);
      }
    }
    if (loop.isEnded) reject(this.#notRunning());
    else if (peer.endedBy !== null) reject(this.#ended(peer, 'was ended'));
    else resolve();
  }

  #ended(peer: LibraryPeer, what: string): PeerEndedError {
    const reason = String(peer.endedBy);
    const options = peer.cause === undefined ? {} : { cause: peer.cause };
    return new PeerEndedError(`the peer ${peer.id} ${what}: ${reason}`, { peerId: peer.id, reason }, options);
  }

  #notRunning(): NotRunningError {
    return new NotRunningError(`the torrent ${this.#infoHash} is not running`, { infoHash: this.#infoHash });
  }

  #validate(peerId: PeerId): string {
    if (!isPeerId(peerId)) throw new InvalidArgumentError('a peer id is a Uint8Array of 20 bytes', { argument: 'peerId' });
    const id = toHex(peerId);
    if (equalBytes(peerId, this.#ownId)) throw new SelfConnectionError(`the peer id ${id} is our own`, { peerId: id });
    return id;
  }
}

function takeBlock(intake: BlockIntake, { piece, begin, block }: Extract<Message, { type: 'piece' }>): void {
  if (!intake.begin(piece, begin, block.length)) return;
  intake.write(block, 0, block.length);
  intake.end();
}
