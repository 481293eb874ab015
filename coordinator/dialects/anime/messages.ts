/** The exact texts of the contract, section 2. Clients compare and show them. */
export const MESSAGES = {
  token: 'Auth token not valid',
  jsonNeeded: 'application/json needed',
  jsonError: 'Json parse error',
  source: 'src_path not set or not str',
  destination: 'dst_path not set or not str',
  forbidden: 'path contains forbidden characters',
  onlyMp4: 'Only support .mp4',
  animeId: 'anime_id must be str',
  episodeCount: 'episode_count must be str',
} as const;

/** A failure as this dialect tells it: a status and `{"message": ...}`. */
export class AnimeError extends Error {
  override readonly name = 'AnimeError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
