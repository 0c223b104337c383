import { IntersectionType, PickType } from '@nestjs/swagger';
import type { Account } from '../users/account';
import type { Subscription } from '../users/subscription.entity';
import { SubscriptionDto, toSubscriptionDto } from '../users/subscriptions/subscription.dto';
import { toUserDto, UserDto } from '../users/user.dto';

const PLAN = [
  'customer_id',
  'plan_id',
  'subscription_id',
  'subscription_status',
  'subscription_last_renew',
  'subscription_next_renew',
] as const;

/** A user and what they pay for: FastLaunch has both in one row. */
export class UserWithPlanDto extends IntersectionType(UserDto, PickType(SubscriptionDto, PLAN)) {}

export function toUserWithPlanDto(
  account: Account,
  subscription: Subscription | null,
  now: Date,
): UserWithPlanDto {
  const {
    premium_until: _,
    is_premium: __,
    occurred_at: ___,
    ...plan
  } = toSubscriptionDto(subscription, now);
  return Object.assign(toUserDto(account, now), plan);
}
