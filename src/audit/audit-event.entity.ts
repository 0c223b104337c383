import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const AUDIT_ACTIONS = [
  'user_registered',
  'registration_refused',
  'sign_in_succeeded',
  'sign_in_failed',
  'sign_in_blocked',
  'signed_out',
  'all_sessions_revoked',
  'session_revoked',
  'refresh_token_reused',
  'email_verified',
  'password_changed',
  'password_reset',
  'password_reset_requested',
  'email_verification_requested',
  'mail_retried',
  'email_change_requested',
  'email_changed',
  'identity_linked',
  'identity_unlinked',
  'account_reclaimed',
  'admin_bootstrapped',
  'admin_created',
  'users_imported',
  'user_created',
  'user_updated',
  'role_changed',
  'user_disabled',
  'user_enabled',
  'user_deleted',
  'data_exported',
  'subscription_changed',
  'signing_key_created',
  'signing_key_revoked',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who did what to whom, from where. No foreign keys: the trail outlives the user. */
@Entity({ name: 'audit_events' })
@Index('audit_events_subject_id_idx', ['subjectId', 'createdAt', 'id'])
@Index('audit_events_actor_id_idx', ['actorId', 'createdAt', 'id'])
@Index('audit_events_action_idx', ['action', 'createdAt', 'id'])
@Index('audit_events_created_at_idx', ['createdAt', 'id'])
export class AuditEvent {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_events_pkey' })
  id: string;

  @Column('text')
  action: AuditAction;

  /** The user who acted; null for nobody known, or the service itself. */
  @Column('uuid', { name: 'actor_id', nullable: true })
  actorId: string | null;

  /** The user it happened to; null where no account was meant. */
  @Column('uuid', { name: 'subject_id', nullable: true })
  subjectId: string | null;

  @Column('text', { nullable: true })
  ip: string | null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  @Column('text', { name: 'request_id', nullable: true })
  requestId: string | null;

  @Column('jsonb', { default: {} })
  details: Readonly<Record<string, string | number | boolean>>;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
