import type { FilledCopy } from './compiled-catalog';

/** One mail, ready to be laid out. Nothing in it is escaped yet. */
export interface MailView {
  readonly copy: FilledCopy;
  readonly action: { readonly label: string; readonly url: string } | null;
  readonly details: readonly { readonly label: string; readonly value: string }[];
  readonly companyName: string;
  readonly logoUrl: string | null;
}
