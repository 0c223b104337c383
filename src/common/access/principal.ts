export const ROLES = ['admin', 'user', 'guest'] as const;
export type Role = (typeof ROLES)[number];

/** Who is calling, as the database says at the time of this request. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly role: Role;
  readonly hasVerifiedEmail: boolean;
  readonly isPremium: boolean;
}

/** What the guards leave on a request. `user` is absent where nobody is signed in. */
export interface RequestWithPrincipal {
  readonly user?: Principal;
}
