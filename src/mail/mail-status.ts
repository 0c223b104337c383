import type { OutboxMail } from './outbox-mail.entity';

export const MAIL_STATUSES = ['unsent', 'sent', 'failed'] as const;
export type MailStatus = (typeof MAIL_STATUSES)[number];

export const statusOf = ({ sentAt, failedAt }: OutboxMail): MailStatus => {
  if (sentAt) return 'sent';
  return failedAt ? 'failed' : 'unsent';
};
