export const ROLES = ['guest', 'operator', 'admin'] as const;

/** What somebody may do; each may do what those before it may. */
export type Role = (typeof ROLES)[number];

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}
