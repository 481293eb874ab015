import { expect, it } from 'vitest';
import { slackBody } from '../../../../../coordinator/dialects/openencoder/jobs/notices.ts';

const JOB = { guid: 'g', preset: 'p', source: 's3:///a&b<c>.mp4', destination: 'dst/' };

it('tells Slack of a job with what was submitted, and of nothing that opens', () => {
  expect(JSON.parse(slackBody(JOB))).toEqual({
    attachments: [
      {
        color: 'good',
        text: '*Encode completed*\nguid: g\npreset: p\nsource: s3:///a&amp;b&lt;c&gt;.mp4\ndestination: dst/',
      },
    ],
  });
  expect(JSON.parse(slackBody(JOB, 'no <such> source'))).toMatchObject({
    attachments: [
      { color: 'danger', text: expect.stringMatching(/^\*Encode failed\*: no &lt;such&gt; source\n/) },
    ],
  });
});
