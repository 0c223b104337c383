import { ApiProperty } from '@nestjs/swagger';
import type { AuditEvent } from '../../audit/audit-event.entity';
import { AUDIT_ACTIONS } from '../../audit/audit-event.entity';
import { toWireDetails } from '../../audit/wire-details';
import type { Identity } from '../../auth/identities/identity.entity';
import type { Session } from '../../auth/sessions/session.entity';
import type { OutboxMail } from '../../mail/outbox-mail.entity';
import { MAIL_VALUES } from '../../mail/templates/mail-kind';
import { SubscriptionDto } from '../../users/subscriptions/subscription.dto';
import { UserDto } from '../../users/user.dto';

const ID = { format: 'uuid', example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11' };
const IdProperty = () => ApiProperty(ID);
const NullableIdProperty = () => ApiProperty({ ...ID, type: String, nullable: true });
const TEXT = { type: String, nullable: true };
const TIME = { format: 'date-time', example: '2026-11-21T09:00:00.000Z' };
const TimeProperty = () => ApiProperty(TIME);
const NullableTimeProperty = () => ApiProperty({ ...TIME, type: String, nullable: true });

export class ExportedProfileDto extends UserDto {
  @ApiProperty({
    description: 'mails are written in it where there is a translation',
    example: 'en',
  })
  locale: string;
}

export class ExportedSessionDto {
  @IdProperty()
  id: string;

  @TimeProperty()
  created_at: string;

  @TimeProperty()
  last_used_at: string;

  @TimeProperty()
  expires_at: string;

  @NullableTimeProperty()
  revoked_at: string | null;

  @ApiProperty({ example: '203.0.113.7' })
  ip: string;

  @ApiProperty({ ...TEXT, example: 'Mozilla/5.0 (X11; Linux x86_64) …' })
  user_agent: string | null;

  @ApiProperty({ example: 'password' })
  method: string;
}

export class ExportedLinkedAccountDto {
  @ApiProperty({ example: 'google' })
  provider: string;

  @ApiProperty({ description: 'who you are there', example: '110248495921238986420' })
  subject: string;

  @ApiProperty({ ...TEXT, example: 'ada@example.com' })
  email: string | null;

  @TimeProperty()
  linked_at: string;

  @TimeProperty()
  last_used_at: string;
}

export class ExportedEventDto {
  @IdProperty()
  id: string;

  @ApiProperty({ enum: AUDIT_ACTIONS, example: 'sign_in_succeeded' })
  action: string;

  @NullableIdProperty()
  actor_id: string | null;

  @NullableIdProperty()
  subject_id: string | null;

  @ApiProperty({ ...TEXT, example: '203.0.113.7' })
  ip: string | null;

  @ApiProperty({ ...TEXT, example: 'Mozilla/5.0 (X11; Linux x86_64) …' })
  user_agent: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { method: 'password' } })
  details: AuditEvent['details'];

  @TimeProperty()
  created_at: string;
}

export class ExportedMailDto {
  @ApiProperty({ enum: Object.keys(MAIL_VALUES), example: 'password_changed' })
  kind: string;

  @ApiProperty({ format: 'email', example: 'ada@example.com' })
  address: string;

  @TimeProperty()
  created_at: string;

  @NullableTimeProperty()
  sent_at: string | null;

  @NullableTimeProperty()
  failed_at: string | null;
}

/** All that is held about somebody. `format` is raised when a member changes or goes. */
export class AccountExportDto {
  @ApiProperty({ enum: [1], example: 1 })
  format: 1;

  @TimeProperty()
  exported_at: string;

  @ApiProperty()
  profile: ExportedProfileDto;

  @ApiProperty({
    type: SubscriptionDto,
    nullable: true,
    description: 'null for somebody who never had one',
  })
  subscription: SubscriptionDto | null;

  @ApiProperty({ type: [ExportedLinkedAccountDto] })
  linked_accounts: ExportedLinkedAccountDto[];

  @ApiProperty({ type: [ExportedSessionDto], description: 'oldest first; ended ones too' })
  sessions: ExportedSessionDto[];

  @ApiProperty({ type: [ExportedMailDto], description: 'of the last 30 days, oldest first' })
  mails: ExportedMailDto[];

  @ApiProperty({ type: [ExportedEventDto], description: 'about you or by you, newest first' })
  security_events: ExportedEventDto[];
}

const textOf = (time: Date | null): string | null => time?.toISOString() ?? null;

export const toExportedSession = (session: Session): ExportedSessionDto => ({
  id: session.id,
  created_at: session.createdAt.toISOString(),
  last_used_at: session.lastUsedAt.toISOString(),
  expires_at: session.expiresAt.toISOString(),
  revoked_at: textOf(session.revokedAt),
  ip: session.ip,
  user_agent: session.userAgent,
  method: session.method,
});

export const toExportedLinkedAccount = (identity: Identity): ExportedLinkedAccountDto => ({
  provider: identity.provider,
  subject: identity.subject,
  email: identity.email,
  linked_at: identity.createdAt.toISOString(),
  last_used_at: identity.lastUsedAt.toISOString(),
});

export const toExportedEvent = (event: AuditEvent): ExportedEventDto => ({
  id: event.id,
  action: event.action,
  actor_id: event.actorId,
  subject_id: event.subjectId,
  ip: event.ip,
  user_agent: event.userAgent,
  details: toWireDetails(event.details),
  created_at: event.createdAt.toISOString(),
});

export const toExportedMail = (mail: OutboxMail): ExportedMailDto => ({
  kind: mail.kind,
  address: mail.recipient,
  created_at: mail.createdAt.toISOString(),
  sent_at: textOf(mail.sentAt),
  failed_at: textOf(mail.failedAt),
});
