import { defineConfig } from 'vitest/config';

// oxlint-disable-next-line import/no-default-export -- vitest reads the default export of this file
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Only against a hang: no test asserts speed, and CI may share its cores.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    globalSetup: ['test/support/postgres-server.ts'],
  },
});
