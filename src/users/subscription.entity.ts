import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/** What somebody pays for. Whoever has no row never did. */
@Entity({ name: 'subscriptions' })
export class Subscription {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'subscriptions_pkey' })
  @ForeignKey('User', { name: 'subscriptions_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  @Column('timestamptz', { name: 'premium_until', nullable: true })
  premiumUntil: Date | null;

  /** The payment provider's names for customer, plan and subscription. */
  @Column('text', { name: 'customer_id', nullable: true })
  customerId: string | null;

  @Column('text', { name: 'plan_id', nullable: true })
  planId: string | null;

  @Column('text', { name: 'subscription_id', nullable: true })
  subscriptionId: string | null;

  /** In the payment provider's words. */
  @Column('text', { nullable: true })
  status: string | null;

  @Column('timestamptz', { name: 'last_renewed_at', nullable: true })
  lastRenewedAt: Date | null;

  @Column('timestamptz', { name: 'next_renewal_at', nullable: true })
  nextRenewalAt: Date | null;

  /** When what this row says came to be: an older event does not overwrite it. */
  @Column('timestamptz', { name: 'occurred_at', default: () => `'-infinity'` })
  occurredAt: Date;
}
