/** The exact texts of the contract, section 2.5. Clients compare and show them. */
export const MESSAGES = {
  token: 'Token is invalid, please check it',
  exists: 'Task already exists, please wait for it to complete or delete it.',
  noObject: 'OSS video file does not exist.',
  noSourceVariable:
    'the VapourSynth Script code must contain FINALRIP_SOURCE environment variable to specify the source video',
  noOutput: 'the Encode Param must contain FINALRIP_ENCODED_CLIP.mkv to specify the output video clip',
  lineBreak: 'the Encode Param cannot contain line break',
  uploadFirst: 'Task not found, please upload video first.',
  started: 'Task already started.',
  unknown: 'Task not found, please check the video key',
  noClip: 'Encode clip not exist',
  unfinished: 'Some clips are not finished yet.',
  noClips: 'Failed to retry merge: no clips to merge',
  list: 'Failed to list tasks',
  presigned: 'get upload presigned url failed: ',
  notAllowed: 'the Encode Param is not allowed: ',
  badKey: 'video_key is not valid: ',
} as const;

/** A failure as this dialect tells it: status 200 and a message (413 and 503 where the contract says so). */
export class FinalripError extends Error {
  override readonly name = 'FinalripError';
  readonly status: number;

  constructor(message: string, status = 200) {
    super(message);
    this.status = status;
  }
}
