import { expect, test } from 'vitest';
import { sizeText } from '../../../../../coordinator/dialects/finalrip/size-text.ts';

test.each([
  [103, '103 B'],
  [1024, '1.0 KiB'],
  [1280, '1.2 KiB'],
  [9728, '9.5 KiB'],
  [10239, '10.0 KiB'],
  [10240, '10 KiB'],
  [3221225472, '3.0 GiB'],
  [734003200, '700 MiB'],
])('20. the size text of %d bytes is %s (2.8)', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024 + 768, '1.8 KiB'],
  [10 * 1024 + 512, '10 KiB'],
  [11 * 1024 + 512, '12 KiB'],
  [1024 ** 2, '1.0 MiB'],
  [1024 ** 2 - 1, '1024 KiB'],
  [1024 ** 4 * 2, '2.0 TiB'],
  [1024 ** 5, '1.0 PiB'],
])('%d bytes are %s: exact halves go to the even digit', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
