import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A sign-in at a provider whose callback came: it must not come again. */
@Entity({ name: 'oauth_spent_flows' })
@Index('oauth_spent_flows_expires_at_idx', ['expiresAt'])
export class SpentFlow {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'oauth_spent_flows_pkey' })
  id: string;

  /** The flow's own cookie is void after this, and the row of no more use. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
