import { defineConfig } from 'vite';

// oxlint-disable-next-line import/no-default-export -- vite reads the default export of this file
export default defineConfig({
  root: import.meta.dirname,
  cacheDir: '../../.cache/vite',
  publicDir: 'public',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy has no place for data: scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
