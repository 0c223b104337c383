import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { ValidationFailedError } from '../../common/http/http.errors';
import { Clock } from '../../common/time/clock';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import type { Subscription } from '../subscription.entity';
import { UserNotFoundError } from '../users.errors';
import { UsersService } from '../users.service';
import { SubscriptionsRepository } from './subscriptions.repository';

export interface SubscriptionOutcome {
  /** False for an event that something newer is known of. */
  readonly applied: boolean;
  /** As it is then. */
  readonly subscription: Subscription;
}

export type SubscriptionTerms = Omit<Subscription, 'userId' | 'occurredAt'>;

/** What somebody learned of a user's subscription, and when it was so. */
export interface SubscriptionEvent {
  readonly userId: string;
  readonly terms: SubscriptionTerms;
  /** Null for now. */
  readonly occurredAt: Date | null;
}

/** How far the clock of whoever tells of events may be ahead. */
export const TOLERANCE_SECONDS = 5 * 60;

/** By their names on the wire. The trail outlives the account, so it has no value of them. */
const TOLD_FIELDS = {
  customerId: 'customer_id',
  planId: 'plan_id',
  subscriptionId: 'subscription_id',
  status: 'subscription_status',
  lastRenewedAt: 'subscription_last_renew',
  nextRenewalAt: 'subscription_next_renew',
  premiumUntil: 'premium_until',
} as const satisfies Record<keyof SubscriptionTerms, string>;

/** What people pay for, as the payment provider or an admin tells it. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly subscriptions: SubscriptionsRepository,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Null for somebody who never had one. */
  find(userId: string): Promise<Subscription | null> {
    return this.subscriptions.find(userId);
  }

  /** As `find`. @throws UserNotFoundError */
  async findOf(userId: string): Promise<Subscription | null> {
    if (!(await this.users.findById(userId))) throw new UserNotFoundError();
    return this.find(userId);
  }

  /**
   * Replaces the whole subscription, unless something newer is known of it: events may come twice
   * and in any order, and the newest stays.
   * @throws UserNotFoundError; ValidationFailedError for an event that is yet to happen: it would
   *   stand in the way of all that do
   */
  async put(
    event: SubscriptionEvent,
    actorId: string,
    client: Client,
  ): Promise<SubscriptionOutcome> {
    const { userId, terms } = event;
    const occurredAt = event.occurredAt ?? this.clock.now();
    if (occurredAt > this.clock.inSeconds(TOLERANCE_SECONDS))
      throw new ValidationFailedError([
        { pointer: '/occurred_at', detail: 'must not be in the future' },
      ]);
    const known = { ...terms, userId, occurredAt };
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.users.hold(tx, userId))) throw new UserNotFoundError();
      const applied = await this.subscriptions.put(tx, known);
      if (applied) await this.record(tx, known, actorId, client);
      return { applied, subscription: await this.subscriptions.get(tx, userId) };
    });
  }

  private record(tx: Tx, known: Subscription, actorId: string, client: Client): Promise<void> {
    const details = { applied: true, fields: toldFields(known) };
    const action = 'subscription_changed';
    return this.audit.record(tx, { action, actorId, subjectId: known.userId, client, details });
  }
}

const toldFields = (known: Subscription): string =>
  Object.entries(TOLD_FIELDS)
    .filter(([name]) => known[name as keyof typeof TOLD_FIELDS] !== null)
    .map(([, field]) => field)
    .join(',');
