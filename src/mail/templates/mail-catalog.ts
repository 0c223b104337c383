import type { MailKind } from './mail-kind';

/**
 * The copy of one mail: plain text in which `{{username}}`, `{{company}}` and the kind's own
 * values (`MAIL_VALUES`) may stand. It is escaped as a whole when it becomes HTML.
 */
export interface MailCopy {
  readonly subject: string;
  /** What a mail client shows behind the subject. */
  readonly preheader: string;
  readonly heading: string;
  readonly paragraphs: readonly string[];
  /** With it the mail has a link, and needs an `actionUrl`. */
  readonly button?: string;
  /** Beneath the button: how long the link is good. */
  readonly note?: string;
  /** What to do if it was not you. */
  readonly closing: string;
}

/** All copy in one language. A kind without copy does not compile. */
export interface MailCatalog {
  /** As in `<html lang>`. */
  readonly language: string;
  readonly greeting: string;
  /** Stands before the plain address of the link. */
  readonly linkHint: string;
  /** Labels of the circumstances. */
  readonly details: {
    readonly time: string;
    readonly device: string;
    readonly ip: string;
    readonly signed_in_with: string;
  };
  /** Left out where no `SUPPORT_EMAIL` is configured. */
  readonly help: string;
  readonly reason: string;
  readonly mails: Readonly<Record<MailKind, MailCopy>>;
}
