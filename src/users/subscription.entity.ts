import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/** What a user has paid for; none for somebody who never did. */
@Entity({ name: 'subscriptions' })
export class Subscription {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'subscriptions_pkey' })
  @ForeignKey('User', { name: 'subscriptions_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  @Column('timestamptz', { name: 'premium_until', nullable: true })
  premiumUntil: Date | null;
}
