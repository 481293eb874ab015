/** Of this release; both sides say it to each other. `test/unit/shared/version.test.ts` holds it to package.json. */
export const VERSION = '0.1.0';
