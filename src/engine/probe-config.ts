// The part of the configuration (config.ts) for looking at a swarm without a session, by effusion peers and effusion doctor: limits and
// defaults, each with its unit and its reason.

export const PROBE_CONFIG = {
  /** All of `effusion doctor` and of `effusion peers`: a person waits. */
  doctorMs: 20_000,
  peersMs: 10_000,
  /** Peers that are dialled: enough for a picture of a large swarm. */
  maxDials: 100,
  /** Of these at a time, and so connected: each is left when it has said who it is. */
  parallel: 30,
  /** Addresses that are listed. */
  maxAddresses: 2000,
  /** From the handshake to the end of a peer that says no more: ours names others after a second, who has room unchokes at once, and round trips take a part of one. */
  settleMs: 2500,
  /** All is known, and nothing new has come for so long: then it ends before its time. */
  quietMs: 300,
  /** Others of the local network answer an announce within that. */
  lsdMs: 2500,
  /** Trackers of a torrent that are asked, at once. */
  maxTrackers: 50,
  /** Written to the output folder, bytes and time at most: enough to tell a disk from a dying one. */
  diskBytes: 32 * 1024 * 1024,
  diskMs: 1500,
  /** Names of a torrent that are tried there. */
  maxNames: 500,
} as const;
