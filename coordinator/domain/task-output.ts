/** Of what the tools of one attempt printed, so many characters are kept: the last ones. */
export const OUTPUT_CHARS = 64 * 1024;
/** Grants of a task whose output is kept: the last ones. */
export const OUTPUT_EPOCHS = 8;
