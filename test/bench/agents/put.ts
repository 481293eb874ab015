import { Agent, request } from 'node:http';
import type { UploadTarget } from '../../../shared/gen/clipgrid/v1/artifact.ts';

/** Sends bytes to their signed URL over kept-open connections; anything but success throws. */
export function createPutter(connections: number): (target: UploadTarget, bytes: Buffer) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return (target, bytes) =>
    new Promise((resolve, reject) => {
      const headers = { ...target.headers, 'content-length': bytes.length };
      const put = request(target.url, { method: 'PUT', agent, headers }, (response) => {
        response.resume();
        response.once('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`the PUT of ${target.name} was answered ${response.statusCode}`));
        });
      });
      put.once('error', reject);
      put.end(bytes);
    });
}
