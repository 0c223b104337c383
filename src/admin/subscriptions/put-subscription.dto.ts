import { InstantField, ProfileField } from '../../common/http/fields';
import type { SubscriptionTerms } from '../../users/subscriptions/subscriptions.service';

const LONGEST_NAME = 255;

/** All of a subscription: what is left out is null from then on. */
export class PutSubscriptionDto {
  @ProfileField(LONGEST_NAME, 'cus_Na6dX7aXxi11N4')
  customer_id?: string | null;

  @ProfileField(LONGEST_NAME, 'price_1MowQVLkdIwHu7ix')
  plan_id?: string | null;

  @ProfileField(LONGEST_NAME, 'sub_1MowQVLkdIwHu7ixraBm864M')
  subscription_id?: string | null;

  @ProfileField(LONGEST_NAME, 'active')
  subscription_status?: string | null;

  @InstantField()
  subscription_last_renew?: Date | null;

  @InstantField()
  subscription_next_renew?: Date | null;

  @InstantField('until then the user is premium; null for not at all')
  premium_until?: Date | null;

  @InstantField(
    'when this came to be, now if left out: of two events the one that happened later stays, ' +
      'whichever comes first. At most five minutes ahead',
  )
  occurred_at?: Date | null;
}

export const termsOf = (body: PutSubscriptionDto): SubscriptionTerms => ({
  customerId: body.customer_id || null,
  planId: body.plan_id || null,
  subscriptionId: body.subscription_id || null,
  status: body.subscription_status || null,
  lastRenewedAt: body.subscription_last_renew ?? null,
  nextRenewalAt: body.subscription_next_renew ?? null,
  premiumUntil: body.premium_until ?? null,
});
