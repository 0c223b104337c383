import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** `password`, or the name of a provider. */
export type SignInMethod = string;

/** One sign-in on one device, from opening to revocation. */
@Entity({ name: 'sessions' })
@Index('sessions_user_id_device_idx', ['userId', 'device'])
// Of an expression: see the migration.
@Index('sessions_ended_at_idx', { synchronize: false })
// Partial and unique: see the migration.
@Index('sessions_exchange_code_hash_key', { synchronize: false })
export class Session {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'sessions_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  @ForeignKey('User', { name: 'sessions_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  /** The user's stamp when it was opened. It ends when the user's stamp is another. */
  @Column('uuid', { name: 'security_stamp' })
  securityStamp: string;

  /** `jti` of the one refresh token that rotates. */
  @Column('uuid', { name: 'refresh_jti' })
  refreshJti: string;

  /** The one before, which answers with the current pair while the grace lasts. */
  @Column('uuid', { name: 'previous_jti', nullable: true })
  previousJti: string | null;

  /** When `refreshJti` was issued. */
  @Column('timestamptz', { name: 'rotated_at' })
  rotatedAt: Date;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt: Date | null;

  /**
   * Digest of the one-time code that fetches the first pair of tokens; null once it has, and for a
   * session whose tokens were handed out as it was opened.
   */
  @Column('text', { name: 'exchange_code_hash', nullable: true })
  exchangeCodeHash: string | null;

  @Column('text')
  ip: string;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  /**
   * What `describeDevice` made of the user agent at the sign-in. A refresh from elsewhere changes the
   * user agent but not this: nobody has signed in there. Null where it was opened before there was
   * this column.
   */
  @Column('text', { nullable: true })
  device: string | null;

  @Column('text')
  method: SignInMethod;
}
