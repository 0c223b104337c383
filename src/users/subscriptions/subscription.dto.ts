import { ApiProperty } from '@nestjs/swagger';
import { isPremium } from '../account';
import type { Subscription } from '../subscription.entity';

const TextProperty = (example: string, description?: string) =>
  ApiProperty({ type: String, nullable: true, example, description });

const TimeProperty = (description?: string) =>
  ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-21T09:00:00.000Z',
    description,
  });

/** What somebody pays for. All of it is null for somebody who never did. */
export class SubscriptionDto {
  @TextProperty('cus_Na6dX7aXxi11N4', "the payment provider's name of the customer")
  customer_id: string | null;

  @TextProperty('price_1MowQVLkdIwHu7ix')
  plan_id: string | null;

  @TextProperty('sub_1MowQVLkdIwHu7ixraBm864M')
  subscription_id: string | null;

  @TextProperty('active', "in the payment provider's words")
  subscription_status: string | null;

  @TimeProperty()
  subscription_last_renew: string | null;

  @TimeProperty()
  subscription_next_renew: string | null;

  @TimeProperty('null for never')
  premium_until: string | null;

  @ApiProperty({ description: 'whether `premium_until` is yet to come', example: true })
  is_premium: boolean;

  @TimeProperty('when this came to be: an event from before does not replace it')
  occurred_at: string | null;
}

export class PutSubscriptionResultDto extends SubscriptionDto {
  @ApiProperty({
    description: 'false if something newer was known: that is what you see here',
    example: true,
  })
  applied: boolean;
}

const textOf = (time: Date | null | undefined): string | null => time?.toISOString() ?? null;

export const toSubscriptionDto = (
  subscription: Subscription | null,
  now: Date,
): Readonly<SubscriptionDto> => ({
  customer_id: subscription?.customerId ?? null,
  plan_id: subscription?.planId ?? null,
  subscription_id: subscription?.subscriptionId ?? null,
  subscription_status: subscription?.status ?? null,
  subscription_last_renew: textOf(subscription?.lastRenewedAt),
  subscription_next_renew: textOf(subscription?.nextRenewalAt),
  premium_until: textOf(subscription?.premiumUntil),
  is_premium: subscription !== null && isPremium(subscription, now),
  // -infinity, which is no Date, where nobody ever said.
  occurred_at: subscription?.occurredAt instanceof Date ? textOf(subscription.occurredAt) : null,
});
