/** How an attempt to sign in ended; the last four are of sign-ins with a provider alone. */
export const SIGN_IN_OUTCOMES = [
  'succeeded',
  'invalid_credentials',
  'email_not_verified',
  'account_disabled',
  'rate_limited',
  'blocked',
  'overloaded',
  'access_denied',
  'state_mismatch',
  'provider_error',
  'provider_email_unverified',
] as const;
export type SignInOutcome = (typeof SIGN_IN_OUTCOMES)[number];

export const isSignInOutcome = (code: string): code is SignInOutcome =>
  (SIGN_IN_OUTCOMES as readonly string[]).includes(code);

/** `reused`: an old token, whose session ended for it. */
export const REFRESH_OUTCOMES = ['rotated', 'within_grace', 'reused', 'refused'] as const;
export type RefreshOutcome = (typeof REFRESH_OUTCOMES)[number];

/** `retried`: will be tried again; `forgotten`: owed to nobody any more. */
export const MAIL_OUTCOMES = ['sent', 'retried', 'failed', 'forgotten'] as const;
export type MailOutcome = (typeof MAIL_OUTCOMES)[number];

/** `unavailable`: the password was taken without an answer. */
export const BREACH_LOOKUPS = ['ok', 'breached', 'unavailable'] as const;
export type BreachLookup = (typeof BREACH_LOOKUPS)[number];

/** Let through uncounted, counted in this process alone, or refused. */
export const LIMIT_STORE_DECISIONS = ['open', 'memory', 'refused'] as const;
export type LimitStoreDecision = (typeof LIMIT_STORE_DECISIONS)[number];
