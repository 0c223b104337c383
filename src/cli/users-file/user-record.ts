import type { Role } from '../../common/access/principal';

export interface SubscriptionRecord {
  readonly premiumUntil: Date | null;
  readonly customerId: string | null;
  readonly planId: string | null;
  readonly subscriptionId: string | null;
  readonly status: string | null;
  readonly lastRenewedAt: Date | null;
  readonly nextRenewalAt: Date | null;
  /** Null: any later news of the subscription overwrites this. */
  readonly occurredAt: Date | null;
}

export interface IdentityRecord {
  readonly provider: string;
  readonly subject: string;
  readonly email: string | null;
}

/** A user as they are to be stored, with what belongs to them in other tables. */
export interface UserRecord {
  readonly id: string;
  readonly username: string;
  /** Lower case. */
  readonly email: string | null;
  readonly emailVerifiedAt: Date | null;
  readonly passwordHash: string | null;
  readonly role: Role;
  readonly isActive: boolean;
  readonly displayName: string | null;
  readonly fullName: string | null;
  readonly bio: string | null;
  readonly avatarUrl: string | null;
  readonly nichePreference: string | null;
  readonly locale: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly lastLoginAt: Date | null;
  /** Null where there is nothing to say. */
  readonly subscription: SubscriptionRecord | null;
  readonly identities: readonly IdentityRecord[];
}
