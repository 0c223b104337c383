import { ApiProperty } from '@nestjs/swagger';
import { ChoiceQuery, CursorQuery, IntegerQuery } from '../../common/http/query-fields';
import { MAIL_STATUSES, type MailStatus, statusOf } from '../../mail/mail-status';
import type { OutboxMail } from '../../mail/outbox-mail.entity';
import { MAIL_VALUES } from '../../mail/templates/mail-kind';

export class ListMailsDto {
  @ChoiceQuery(MAIL_STATUSES, 'failed: given up after all attempts, and kept')
  status?: MailStatus;

  @IntegerQuery({ least: 1, most: 100, fallback: 20 })
  limit: number = 20;

  @CursorQuery()
  cursor?: string;
}

/** A mail as admins see it: whom it is for and what became of it, never what it says. */
export class MailDto {
  @ApiProperty({ format: 'uuid', example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11' })
  id: string;

  @ApiProperty({ enum: Object.keys(MAIL_VALUES), example: 'password_reset' })
  kind: string;

  @ApiProperty({ enum: MAIL_STATUSES, example: 'failed' })
  status: MailStatus;

  @ApiProperty({ format: 'email', example: 'ada@example.com' })
  recipient: string;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'uuid',
    description: 'null for a mail to an address that may be nobody’s',
    example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
  })
  user_id: string | null;

  @ApiProperty({ type: 'integer', description: 'since it was owed, or retried', example: 10 })
  attempts: number;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'what the last attempt failed with',
    example: 'SMTP: refused, EENVELOPE RCPT TO 550',
  })
  last_error: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:00:00.000Z' })
  created_at: string;

  @ApiProperty({ type: String, nullable: true, format: 'date-time', example: null })
  sent_at: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    example: '2026-11-21T10:30:00.000Z',
  })
  failed_at: string | null;
}

export const toMailDto = (mail: OutboxMail): MailDto => ({
  id: mail.id,
  kind: mail.kind,
  status: statusOf(mail),
  recipient: mail.recipient,
  user_id: mail.userId,
  attempts: mail.attempts,
  last_error: mail.lastError,
  created_at: mail.createdAt.toISOString(),
  sent_at: mail.sentAt?.toISOString() ?? null,
  failed_at: mail.failedAt?.toISOString() ?? null,
});
