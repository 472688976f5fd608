// The limits of reading a torrent in order (torrent-reader.ts, cat and stream), each with its unit and its reason. A part of config.ts,
// in a file of its own for its length.

const MIB = 1024 * 1024;

export const READING_CONFIG = {
  /** Fetched ahead of all readers and held for them: a third of a second at 1 Gbit/s, half a minute of a film; with the pieces in flight 64 MiB. */
  windowBytes: 32 * MIB,
  /** Of each reader, whatever its pieces weigh: one being read while the next one comes. */
  minWindowPieces: 2,
  /** The window follows its reader by this part of it: each move costs a look at all of it. */
  windowSteps: 32,
  /** Handed out at once: what a pipe holds. A file takes larger writes at twice the system time (a GiB: 1.9 s by 256 KiB, 1.2 by 64). */
  chunkBytes: MIB / 16,
  /** Of stream: players open two or three and leave some of them behind; each has a share of the window. */
  maxReaders: 16,
  /** Connections to stream: those that read, those that wait for their turn, and some that are kept for the next request. */
  maxConnections: 64,
  /** What was fetched ahead of a player that left is kept so long: it has jumped, or asks for the next range, and comes again. */
  lingerMs: 5000,
  /** A player that was asked to end is waited for so long before its server goes: some write down where they were. */
  playerEndMs: 2000,
  /** Of those that left, kept at a time: the others have a smaller window for it. */
  maxLingering: 2,
  /** A reader waits for the piece, and the peer asked is four times slower than another: a few round trips, which a person hardly notices. */
  urgentAgeMs: 500,
  /** Nobody has what is read next: peers have said by then what they have, and who has other pieces need not keep a slot for us. */
  setAsideMs: 3000,
} as const;
