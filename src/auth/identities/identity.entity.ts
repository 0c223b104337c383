import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** Somebody's account at a provider. The subject names them there; an address never does. */
@Entity({ name: 'identities' })
@Index('identities_provider_subject_key', ['provider', 'subject'], { unique: true })
@Index('identities_user_provider_key', ['userId', 'provider'], { unique: true })
export class Identity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'identities_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  @ForeignKey('User', { name: 'identities_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  @Column('text')
  provider: string;

  @Column('text')
  subject: string;

  /** As the provider told it last, so that people tell their accounts apart. Decides nothing. */
  @Column('text', { nullable: true })
  email: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt: Date;
}
