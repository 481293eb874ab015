/** What the two pictures of a preview are called. */
export const PREVIEW_FILES = { before: 'before.png', after: 'after.png' } as const;
