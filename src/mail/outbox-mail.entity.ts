import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { MailKind } from './templates/mail-kind';

/** A mail that somebody is owed. Holds what it is about, never a token: links are made at sending. */
@Entity({ name: 'mail_outbox' })
// Partial, on rows neither sent nor failed, on those sent, and on those failed: see the migrations.
@Index('mail_outbox_unsent_idx', { synchronize: false })
@Index('mail_outbox_sent_idx', { synchronize: false })
@Index('mail_outbox_failed_idx', { synchronize: false })
@Index('mail_outbox_user_id_idx', ['userId'])
@Index('mail_outbox_recipient_idx', ['recipient'])
export class OutboxMail {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'mail_outbox_pkey' })
  id: string;

  @Column('text')
  kind: MailKind;

  @Column('text')
  recipient: string;

  @Column('uuid', { name: 'user_id', nullable: true })
  @ForeignKey('User', { name: 'mail_outbox_user_id_fkey', onDelete: 'SET NULL' })
  userId: string | null;

  @Column('text')
  locale: string;

  /** What the template or the composer of this kind needs besides. */
  @Column('jsonb')
  values: Readonly<Record<string, string>>;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('integer', { default: 0 })
  attempts: number;

  /** While in the future, one worker is sending it. */
  @Column('timestamptz', { name: 'leased_until', nullable: true })
  leasedUntil: Date | null;

  @Column('timestamptz', { name: 'sent_at', nullable: true })
  sentAt: Date | null;

  /** Given up on: kept for admins to look at. */
  @Column('timestamptz', { name: 'failed_at', nullable: true })
  failedAt: Date | null;

  @Column('text', { name: 'last_error', nullable: true })
  lastError: string | null;
}
