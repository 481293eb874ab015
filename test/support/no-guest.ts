/** A machine that nobody else needs. */
export const NO_GUEST = { told: undefined, onChange: () => () => undefined } as const;
