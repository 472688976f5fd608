// The public API of the library, and the only file that re-exports. Nothing inside src/ imports it.
// What is not named here is free to change from one version to the next.

export { BlocklistError, type BlocklistReport, loadBlocklists, type LoadedBlocklists } from './engine/blocklist-file.js';
export { Client, type ClientOptions, type EncryptionPolicy, type PortMappingNotice } from './engine/client.js';
export type { ClientDhtOptions } from './engine/client-dht.js';
export { SessionServer, type DownloadResult } from './engine/session-server.js';
export { type DownloadPlan, planDownload, type PlannedFile, type PlanOptions } from './engine/download-plan.js';
export type { MinSpeed } from './engine/speed-floor.js';
export { type FilePart, type ReadOptions, TorrentReader } from './engine/torrent-reader.js';
export type { LocalServer, PeerHint, SessionOptions } from './engine/session-options.js';
export type { Phase, ServerNotice, ServerSnapshot } from './engine/server-snapshot.js';
export { Supervisor, supervisor, type RestartPolicy, type SupervisedSession } from './engine/supervisor.js';
export {
  AlreadyStartedError,
  DuplicatePeerError,
  IncompleteDataError,
  InvalidArgumentError,
  NoMetadataError,
  NoPeersError,
  NotRunningError,
  PeerEndedError,
  SelfConnectionError,
  SessionCrashedError,
  SourcesExhaustedError,
  StalledError,
  UnknownPeerError,
} from './engine/session-error.js';
export {
  createTorrent,
  type CreatedTorrent,
  type CreateOptions,
  type VerifiedFile,
  verifyFolder,
  type VerifyOptions,
  type VerifyReport,
} from './engine/torrent-files.js';
export { type FetchedMetadata, MetadataFetcher, type MetadataFetcherOptions } from './engine/metadata-fetcher.js';
export { type Magnet, parseMagnet } from './metainfo/magnet.js';
export { scrapeTrackers, type ScrapeOutcome, type TrackerScrapeOptions } from './engine/tracker-scrape.js';
export { parseTorrentFile } from './metainfo/torrent-file.js';
export type { Metainfo, MetainfoFile } from './metainfo/metainfo.js';
export { hasPlace, placeFiles, type Placement, PlacementError } from './metainfo/placement.js';
export type { PlaceOptions } from './engine/place-options.js';
export type { Address } from './model/address.js';
export type { AddressFilter } from './model/address-filter.js';
export { parseProxy, type ProxyRefusal, type ProxyServer } from './model/proxy-server.js';
export { EffusionError, InvariantError, MetainfoError, StorageError } from './model/error.js';
export type { InfoHash, PeerId } from './model/ids.js';
export type { TorrentOrigin } from './model/torrent-origin.js';
export { PortTakenError } from './net/port-taken-error.js';
export { VERSION } from './engine/version.js';
export type { DisconnectReason } from './session/disconnect-reason.js';
export type { Message } from './wire/message.js';
