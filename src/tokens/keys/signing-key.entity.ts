import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { PublicJwk, SigningAlgorithm } from './key-pair';

/** A key pair of ours, from its publication to the end of the last token that it signed. */
@Entity({ name: 'signing_keys' })
// Partial and unique: see the migration.
@Index('signing_keys_newest_key', { synchronize: false })
export class SigningKey {
  /** Thumbprint of the public key (RFC 7638). */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  kid: string;

  @Column('text')
  algorithm: SigningAlgorithm;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk: PublicJwk;

  /** As `KeySeal` closed it; null once it has nothing more to sign. */
  @Column('bytea', { name: 'private_key', nullable: true })
  privateKey: Buffer | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  /** When it begins to sign. It is published, and verifies, from its creation on. */
  @Column('timestamptz', { name: 'activates_at' })
  activatesAt: Date;

  /** When it stops signing; null for the newest of its algorithm. */
  @Column('timestamptz', { name: 'retires_at', nullable: true })
  retiresAt: Date | null;

  /** When it stops verifying: after its last token has expired, or at once if it was revoked. */
  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt: Date | null;
}
