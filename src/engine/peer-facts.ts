// What a peer says of itself before anything is asked of it: its name, what it has, whether it has the metadata, whom it knows (BEP 3,
// 6, 9, 10, 11). Messages in, facts out, bounded whatever it sends; for probes that only want to know who is there.

import { mayName } from '../model/address-scope.js';
import type { Address } from '../model/address.js';
import { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import { OUR_PEX_ID } from '../session/extension-ids.js';
import { decodeExtendedHandshake } from '../wire/extension.js';
import type { Handshake } from '../wire/handshake.js';
import type { Message } from '../wire/message.js';
import { clientName } from '../wire/peer-id.js';
import { UT_METADATA } from '../wire/ut-metadata.js';
import { decodePexMessage, UT_PEX } from '../wire/ut-pex.js';
import { WireError } from '../wire/wire-error.js';

export class PeerFacts {
  readonly #remote: Address;
  /** Null where the metadata is not known: then nobody can say how many pieces there are, but by their bytes. */
  readonly #pieceCount: number | null;
  #client: string;
  /** Of a peer of a torrent whose pieces are known. */
  #have: Bitfield | null = null;
  /** The same without: pieces that it says it has, and how many there are at most. */
  #counted = 0;
  #countedOf = 0;
  #hasAll = false;
  #metadataBytes: number | null = null;
  #yourIp: string | null = null;
  #unchokes = false;
  #sendsPex = false;
  #hasSaidPieces = false;
  #hasSaidExtensions = false;
  #hasSentPex = false;

  constructor(remote: Address, { peerId, features }: Handshake, pieceCount: number | null) {
    this.#remote = remote;
    this.#pieceCount = pieceCount;
    this.#client = clientName(peerId);
    this.#hasSaidExtensions = !features.extended;
  }

  /** Printable; not sanitised for a terminal. */
  get client(): string {
    return this.#client;
  }

  /** Pieces; null where only their share can be told. */
  get pieces(): number | null {
    if (this.#pieceCount === null) return null;
    return this.#hasAll ? this.#pieceCount : (this.#have?.count ?? 0);
  }

  /** 0 … 1, 1 for nothing less than all. Without the metadata it may be too low by seven pieces. */
  get progress(): number {
    if (this.#hasAll) return 1;
    if (this.#pieceCount !== null) return (this.#have?.count ?? 0) / this.#pieceCount;
    // All but the spare bits of the last byte are set: fewer than eight pieces may be missing, and none is what it nearly always means.
    if (this.#countedOf > 0 && this.#counted > this.#countedOf - 8) return 1;
    return this.#countedOf === 0 ? 0 : this.#counted / this.#countedOf;
  }

  /** Null where it is not kept. */
  get have(): Bitfield | null {
    if (this.#pieceCount === null) return null;
    return this.#hasAll ? Bitfield.full(this.#pieceCount) : this.#have;
  }

  /** Bytes; null where it has none to give. */
  get metadataBytes(): number | null {
    return this.#metadataBytes;
  }

  /** Where it sees us, as it says; null where it says nothing. */
  get yourIp(): string | null {
    return this.#yourIp;
  }

  /** It would send what it has if it were asked now (BEP 3). */
  get unchokes(): boolean {
    return this.#unchokes;
  }

  /** It has said all that is to be expected at the start, and lets us have what it has; `pex`: it named others too, where it will. */
  isThrough(pex: boolean): boolean {
    const isServing = this.#unchokes || this.progress === 0;
    return isServing && this.#hasSaidPieces && this.#hasSaidExtensions && (!pex || !this.#sendsPex || this.#hasSentPex);
  }

  /** Addresses that it names, which it may name. Throws WireError. */
  hear(message: Message): readonly Address[] {
    switch (message.type) {
      case 'bitfield':
        this.#hearBitfield(message.bytes);
        return [];
      case 'have-all':
        this.#hasSaidPieces = true;
        this.#hasAll = true;
        return [];
      case 'have-none':
        this.#hasSaidPieces = true;
        return [];
      case 'have':
        this.#hearHave(message.piece);
        return [];
      case 'unchoke':
      case 'choke':
        this.#unchokes = message.type === 'unchoke';
        return [];
      case 'extended':
        return this.#hearExtended(message.id, message.payload);
      default:
        return [];
    }
  }

  #hearBitfield(bytes: Uint8Array): void {
    this.#hasSaidPieces = true;
    if (this.#pieceCount === null) {
      this.#countedOf = bytes.length * 8;
      this.#counted = 0;
      for (let byte of bytes) for (; byte !== 0; byte &= byte - 1) this.#counted++;
      return;
    }
    const have = Bitfield.fromBytes(bytes, this.#pieceCount);
    if (have === null) throw new WireError('bad_length', 'the bitfield is not one of this torrent', { length: bytes.length });
    this.#have = have;
    this.#hasAll = have.isFull;
  }

  #hearHave(piece: number): void {
    if (this.#pieceCount === null) {
      if (this.#counted < this.#countedOf) this.#counted++;
      return;
    }
    if (piece >= this.#pieceCount) throw new WireError('bad_length', 'a piece that the torrent does not have', { piece });
    this.#have ??= new Bitfield(this.#pieceCount);
    this.#have.set(piece as PieceIndex);
    this.#hasAll ||= this.#have.isFull;
  }

  #hearExtended(id: number, payload: Uint8Array): readonly Address[] {
    if (id === 0) {
      const { client, extensions, metadataSize, yourIp } = decodeExtendedHandshake(payload);
      this.#hasSaidExtensions = true;
      if (client !== undefined && client.trim() !== '') this.#client = client;
      this.#yourIp = yourIp ?? null;
      this.#metadataBytes = (extensions.get(UT_METADATA) ?? 0) > 0 ? (metadataSize ?? null) : null;
      this.#sendsPex = (extensions.get(UT_PEX) ?? 0) > 0;
      return [];
    }
    // Once: what comes a minute later is nothing for a probe.
    if (id !== OUR_PEX_ID || this.#hasSentPex) return [];
    this.#hasSentPex = true;
    return decodePexMessage(payload)
      .added.map(({ address }) => address)
      .filter((address) => mayName(this.#remote, address));
  }
}
