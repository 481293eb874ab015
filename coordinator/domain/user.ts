/** Somebody who signs in by name and password. A realm, for instance a dialect's name, has its own users. */
export interface UserView {
  readonly realm: string;
  /** Per realm, from 1, in the order of their making. */
  readonly id: number;
  readonly name: string;
  /** One of the realm's own words. */
  readonly role: string;
  readonly active: boolean;
  /** The password must be changed before anything else. */
  readonly mustReset: boolean;
  /** Raised by every change that ends what was signed in before it: name, password, role, `active` or `mustReset`. */
  readonly version: number;
  /** When that was, by the database's clock. */
  readonly changedAt: Date;
  readonly createdAt: Date;
  /** When this was read, by the same clock. */
  readonly readAt: Date;
}

/** What a user gets otherwise; absent: stays. */
export interface UserChange {
  readonly name?: string;
  readonly password?: string;
  readonly role?: string;
  readonly active?: boolean;
  readonly mustReset?: boolean;
}

/** How often a sign-in may fail. */
export interface SignInLimits {
  readonly perAccount: number;
  readonly perAddress: number;
  readonly windowS: number;
}

/** The time to put into a token for a user who was just read, in whole seconds since 1970: never one that `isOutdated`. */
export function tokenTimeS({ readAt, changedAt }: UserView): number {
  return Math.max(Math.floor(readAt.getTime() / 1000), Math.ceil(changedAt.getTime() / 1000));
}

/** Whether a token of that time is from before the user's last change. All times are the database's: no clock is trusted. */
export function isOutdated(user: UserView, issuedS: number): boolean {
  return issuedS * 1000 < user.changedAt.getTime();
}
