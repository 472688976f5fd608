// What the options say about each torrent of a run alone, as its session takes it. The rates of the run as a whole are the client's, and
// hold besides: what several torrents receive together stays below both.

export interface LimitsOfEach {
  /** Bytes per second; 0 is no limit. */
  readonly maxDownloadEach?: number;
  readonly maxUploadEach?: number;
  /** 0 is no limit. */
  readonly maxPeers?: number;
  readonly maxUploads?: number;
}

/** For a session's options: what is not named stays as it is. */
export function limitsOfEach({ maxDownloadEach, maxUploadEach, maxPeers, maxUploads }: LimitsOfEach): {
  maxDownloadBytesPerSecond?: number;
  maxUploadBytesPerSecond?: number;
  maxPeers?: number;
  maxUploads?: number;
} {
  return {
    ...(maxDownloadEach === undefined ? {} : { maxDownloadBytesPerSecond: maxDownloadEach }),
    ...(maxUploadEach === undefined ? {} : { maxUploadBytesPerSecond: maxUploadEach }),
    ...(maxPeers === undefined ? {} : { maxPeers }),
    ...(maxUploads === undefined ? {} : { maxUploads }),
  };
}
