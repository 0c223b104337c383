import type { StoredMail } from '../mail/transports/mailbox';

/** A message in a list, for scripts. */
export const toSummary = ({ id, sentAt, message, links }: StoredMail) => ({
  id,
  to: message.to,
  subject: message.subject,
  sent_at: sentAt.toISOString(),
  links,
});

/** A whole message, for scripts. */
export const toDetail = (mail: StoredMail) => ({
  ...toSummary(mail),
  text: mail.message.text,
  html: mail.message.html,
});
