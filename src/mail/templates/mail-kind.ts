/** Every mail there is, with the values its copy needs besides the user's name. */
export const MAIL_VALUES = {
  email_verification: ['expires_in'],
  password_reset: ['expires_in'],
  password_changed: [],
  /** To the new address. */
  email_change_confirm: ['new_email', 'expires_in'],
  /** To the old address, when the change is requested. */
  email_change_notice: ['new_email'],
  /** To the old address, when the change is done. */
  email_changed: ['new_email'],
  refresh_token_reused: [],
  /** When it was is added as it is composed. */
  new_sign_in: ['device', 'ip', 'signed_in_with'],
  already_registered: [],
  invitation: ['expires_in'],
  sign_in_method_linked: ['method'],
  sign_in_method_unlinked: ['method'],
  /** To the proven owner of an address, whose account somebody else may have prepared. */
  account_reclaimed: ['method'],
  farewell: [],
} as const satisfies Record<string, readonly string[]>;

export type MailKind = keyof typeof MAIL_VALUES;

/**
 * Where somebody took an account to an address of their own and deletes it there, whoever reads the
 * old one still has to hear of it.
 */
export const NOTICES_TO_OLD_ADDRESS: readonly MailKind[] = ['email_change_notice', 'email_changed'];

/**
 * Of these, where they have no user any more, the outbox keeps nothing once they were sent or given
 * up: the address was the last.
 */
export const FORGOTTEN_MAILS: ReadonlySet<string> = new Set<MailKind>([
  'farewell',
  ...NOTICES_TO_OLD_ADDRESS,
]);

export interface MailContent {
  readonly username: string;
  /** BCP 47, where the mail's own locale was a guess. */
  readonly locale?: string;
  /** Required by kinds whose copy has a button, ignored by the others. */
  readonly actionUrl?: string;
  /**
   * What `MAIL_VALUES` names for the kind. `time`, `device`, `ip` and `signed_in_with` are optional
   * for every kind: those given are listed beneath the text.
   */
  readonly values?: Readonly<Record<string, string>>;
}
