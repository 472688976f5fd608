// Peers whose connections a library user keeps: registered by their 20-byte id, fed with messages, taken away again. A message
// that breaks the rules ends that peer; what the caller did wrong has an error of its own.

import { createAddress, type Address } from '../model/address.js';
import { equalBytes, PEER_ID_BYTES, toHex, type PeerId, type PeerKey } from '../model/ids.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { Message } from '../wire/message.js';
import type { BlockIntake } from './block-intake.js';
import type { PeerRoster } from './peer-roster.js';
import { DuplicatePeerError, InvalidArgumentError, PeerEndedError, SelfConnectionError, UnknownPeerError } from './session-error.js';
import type { SessionLoop } from './session-loop.js';

interface LibraryPeer {
  readonly key: PeerKey;
  readonly address: Address;
  readonly intake: BlockIntake;
  endedBy: DisconnectReason | null;
}

export class LibraryPeers {
  readonly #ownId: PeerId;
  readonly #roster: PeerRoster;
  readonly #loop: SessionLoop;
  readonly #onMessage: () => void;
  readonly #peers = new Map<string, LibraryPeer>();

  constructor(ownId: PeerId, roster: PeerRoster, loop: SessionLoop, onMessage: () => void) {
    this.#ownId = ownId;
    this.#roster = roster;
    this.#loop = loop;
    this.#onMessage = onMessage;
  }

  register(peerId: PeerId, address: { host: string; port: number }, send: (message: Message) => void): void {
    const id = this.#validate(peerId);
    if (this.#peers.has(id)) throw new DuplicatePeerError(`the peer ${id} is registered already`, { peerId: id });
    const where = createAddress(address.host, address.port);
    if (where === null) {
      throw new InvalidArgumentError('address must be a numeric host and a port of 1 … 65535', { argument: 'address' });
    }
    let ended: DisconnectReason | null = null;
    const key = this.#roster.adopt(peerId, where, {
      send,
      sendBlock: (piece, begin, block) => send({ type: 'piece', piece, begin, block }),
      isWritable: true,
      close: (reason) => {
        ended = reason;
        const peer = this.#peers.get(id);
        if (peer !== undefined) this.#end(id, peer, reason);
      },
    });
    if (ended !== null) {
      this.#roster.forget(key, ended);
      throw new PeerEndedError(`the peer ${id} was refused: ${String(ended)}`, { peerId: id, reason: ended });
    }
    this.#peers.set(id, { key, address: where, intake: this.#roster.intakeFor(key), endedBy: null });
  }

  /** Throws PeerEndedError where the message ended its peer. */
  handle(peerId: PeerId, message: Message): void {
    const id = this.#validate(peerId);
    const peer = this.#peers.get(id);
    if (peer === undefined) throw new UnknownPeerError(`no connection of the peer ${id} is registered`, { peerId: id });
    this.#onMessage();
    if (message.type === 'piece') this.#takeBlock(peer, message);
    else this.#loop.dispatch({ type: 'message', peer: peer.key, message });
    if (peer.endedBy === null) return;
    throw new PeerEndedError(`the message ended the peer ${id}: ${peer.endedBy}`, { peerId: id, reason: peer.endedBy });
  }

  /** False where it was not registered (any more), or `address` is not its own. Never throws. */
  unregister(peerId: PeerId, address?: { host: string; port: number }): boolean {
    const id = toHex(peerId);
    const peer = this.#peers.get(id);
    if (peer === undefined) return false;
    if (address !== undefined && (address.host !== peer.address.host || address.port !== peer.address.port)) return false;
    this.#end(id, peer, 'unregistered');
    return true;
  }

  #end(id: string, peer: LibraryPeer, reason: DisconnectReason): void {
    peer.endedBy = reason;
    this.#peers.delete(id);
    this.#roster.forget(peer.key, reason);
  }

  #takeBlock(peer: LibraryPeer, message: Extract<Message, { type: 'piece' }>): void {
    const { piece, begin, block } = message;
    if (!peer.intake.begin(piece, begin, block.length)) return;
    peer.intake.write(block, 0, block.length);
    peer.intake.end();
  }

  #validate(peerId: PeerId): string {
    if (!(peerId instanceof Uint8Array) || peerId.length !== PEER_ID_BYTES) {
      throw new InvalidArgumentError('a peer id is a Uint8Array of 20 bytes', { argument: 'peerId' });
    }
    const id = toHex(peerId);
    if (equalBytes(peerId, this.#ownId)) throw new SelfConnectionError(`the peer id ${id} is our own`, { peerId: id });
    return id;
  }
}
