/** From the weakest to the strongest. `none`: nothing holds a program back; `limits`: rlimits; `namespaces`: walls. */
export const SANDBOX_STRENGTHS = ['none', 'limits', 'namespaces'] as const;

export type SandboxStrength = (typeof SANDBOX_STRENGTHS)[number];

/** Whether `text` is a strength. */
export function isSandboxStrength(text: string): text is SandboxStrength {
  return SANDBOX_STRENGTHS.some((strength) => strength === text);
}

const CAPABILITY = 'sandbox:';

/** As an agent says it in Hello. */
export function strengthCapability(strength: SandboxStrength): string {
  return `${CAPABILITY}${strength}`;
}

/** What an agent's capabilities say; one that says nothing, or nothing known, has none. */
export function strengthOf(capabilities: readonly string[]): SandboxStrength {
  const said = capabilities.find((one) => one.startsWith(CAPABILITY))?.slice(CAPABILITY.length) ?? '';
  return isSandboxStrength(said) ? said : 'none';
}

/** Whether `strength` is `least` or more. */
export function isAsStrong(strength: SandboxStrength, least: SandboxStrength): boolean {
  return SANDBOX_STRENGTHS.indexOf(strength) >= SANDBOX_STRENGTHS.indexOf(least);
}
