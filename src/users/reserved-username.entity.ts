import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A username that somebody signed up with, together with an address that was taken and must not be
 * told to be. It is as taken as it would be had the address been free.
 */
@Entity({ name: 'reserved_usernames' })
export class ReservedUsername {
  /** Of the name in lower case: whose it is to be is nobody's business. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'reserved_usernames_pkey' })
  digest: string;

  @Column('timestamptz', { name: 'reserved_at' })
  reservedAt: Date;
}
