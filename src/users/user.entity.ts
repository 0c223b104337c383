import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Role } from '../common/access/principal';

/** Who someone is. How they prove it lies elsewhere. */
@Entity({ name: 'users' })
@Check('users_role_check', `role IN ('admin', 'user', 'guest')`)
// On lower(username) and lower(email), which a decorator cannot say: see the first migration.
@Index('users_username_key', { synchronize: false })
@Index('users_email_key', { synchronize: false })
// Of expressions or with conditions as well: see the migration that names them.
@Index('users_search_idx', { synchronize: false })
@Index('users_last_login_at_idx', { synchronize: false })
@Index('users_admin_idx', { synchronize: false })
@Index('users_created_at_idx', ['createdAt', 'id'])
export class User {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'users_pkey' })
  id: string;

  @Column('text')
  username: string;

  /** Lower case. Null for somebody whose OAuth provider gave none. */
  @Column('text', { nullable: true })
  email: string | null;

  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt: Date | null;

  /** argon2id, or bcrypt until the next sign-in. Null for somebody who only signs in by OAuth. */
  @Column('text', { name: 'password_hash', nullable: true })
  passwordHash: string | null;

  @Column('text', { default: 'user' })
  role: Role;

  @Column('boolean', { name: 'is_active', default: true })
  isActive: boolean;

  @Column('text', { name: 'display_name', nullable: true })
  displayName: string | null;

  @Column('text', { name: 'full_name', nullable: true })
  fullName: string | null;

  @Column('text', { nullable: true })
  bio: string | null;

  @Column('text', { name: 'avatar_url', nullable: true })
  avatarUrl: string | null;

  @Column('text', { name: 'niche_preference', nullable: true })
  nichePreference: string | null;

  /** BCP 47; mails are written in it where there is a translation. */
  @Column('text', { default: 'en' })
  locale: string;

  /**
   * Changes with password, e-mail, role and disabling. Sessions and links carry the stamp they
   * were made under, so one change here ends them all.
   */
  @Column('uuid', { name: 'security_stamp' })
  securityStamp: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;

  @Column('timestamptz', { name: 'last_login_at', nullable: true })
  lastLoginAt: Date | null;
}
