import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Tx } from '../../database/unit-of-work';
import { Subscription } from '../subscription.entity';

/**
 * One statement, so that of concurrent events of one user the newest stays, in whatever order they
 * come. Of two that happened at the same time, the later one to come stays.
 */
const PUT = `INSERT INTO subscriptions AS s (user_id, customer_id, plan_id, subscription_id, status,
    last_renewed_at, next_renewal_at, premium_until, occurred_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (user_id) DO UPDATE SET customer_id = excluded.customer_id,
    plan_id = excluded.plan_id, subscription_id = excluded.subscription_id,
    status = excluded.status, last_renewed_at = excluded.last_renewed_at,
    next_renewal_at = excluded.next_renewal_at, premium_until = excluded.premium_until,
    occurred_at = excluded.occurred_at
  WHERE s.occurred_at <= excluded.occurred_at
  RETURNING user_id`;

@Injectable()
export class SubscriptionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  find(userId: string): Promise<Subscription | null> {
    return this.dataSource.getRepository(Subscription).findOneBy({ userId });
  }

  /** As the transaction left it. */
  get(tx: Tx, userId: string): Promise<Subscription> {
    return tx.findOneByOrFail(Subscription, { userId });
  }

  /** False if what is known is newer. The caller holds the user. */
  async put(tx: Tx, subscription: Subscription): Promise<boolean> {
    const rows = await tx.query<unknown[]>(PUT, [
      subscription.userId,
      subscription.customerId,
      subscription.planId,
      subscription.subscriptionId,
      subscription.status,
      subscription.lastRenewedAt,
      subscription.nextRenewalAt,
      subscription.premiumUntil,
      subscription.occurredAt,
    ]);
    return rows.length === 1;
  }
}
