import { faultOfImportedHash } from '../../auth/passwords/imported-hash';
import type { Argon2Parameters } from '../../auth/passwords/password-hash';
import { TOLERANCE_SECONDS } from '../../users/subscriptions/subscriptions.service';
import { checked, type Fault } from '../faults';
import { rename } from './field-names';
import { parseLine } from './json-line';
import { lineId } from './line-id';
import type { Line } from './lines';
import { type Reason, reason, type Refusal } from './refusal';
import { IdentityLineDto, UserLineDto } from './user-line.dto';
import type { IdentityRecord, SubscriptionRecord, UserRecord } from './user-record';

export interface ReadingRules {
  /** When this import began: the age of users whose line tells none. */
  readonly now: Date;
  readonly argon2: Argon2Parameters;
  readonly idKey: Buffer;
  readonly ignoresUnknown: boolean;
}

/** A line that could become a user, if nobody is in the way. */
export interface Candidate {
  readonly line: number;
  readonly user: UserRecord;
  /** The line names its user's id itself. */
  readonly hasOwnId: boolean;
}

const A_DAY_MS = 86_400_000;
const MOST_IDENTITIES = 20;
const USERNAME = /^[A-Za-z0-9_.-]{3,50}$/;
const IDENTITY_FIELDS = new Set(['provider', 'subject', 'email']);

/** What the line says, judged by itself; null for a blank one. */
export function readUser(line: Line, rules: ReadingRules): Candidate | Refusal | null {
  const parsed = parseLine(line);
  if (parsed.kind === 'blank') return null;
  if (parsed.kind === 'refused') return refusal(line, undefined, [parsed.reason]);
  const { fields, reasons } = rename(parsed.fields, rules.ignoresUnknown);
  const { identities = [], ...rest } = fields;
  const { value: dto, faults } = checked(UserLineDto, rest);
  const linked = readIdentities(identities);
  const all = [
    ...reasons,
    ...faults.map(invalid),
    ...linked.reasons,
    ...(faults.length === 0 ? faultsOfWhole(dto, linked.identities, rules) : []),
  ];
  if (all.length > 0) return refusal(line, dto.username, all);
  return {
    line: line.number,
    user: toRecord(dto, linked.identities, rules),
    hasOwnId: Boolean(dto.id),
  };
}

const invalid = ({ field, detail }: Fault): Reason => reason('invalid', field, detail);

const refusal = ({ number }: Line, username: unknown, reasons: readonly Reason[]): Refusal => ({
  line: number,
  username: typeof username === 'string' && USERNAME.test(username) ? username : null,
  reasons,
});

interface Linked {
  readonly identities: readonly IdentityRecord[];
  readonly reasons: readonly Reason[];
}

const refuse = (detail: string): Linked => ({
  identities: [],
  reasons: [reason('invalid', 'identities', detail)],
});

function readIdentities(value: unknown): Linked {
  if (!Array.isArray(value)) return refuse('must be a list of {provider, subject, email}');
  if (value.length > MOST_IDENTITIES) return refuse(`must be at most ${MOST_IDENTITIES}`);
  const identities: IdentityRecord[] = [];
  for (const item of value as readonly unknown[]) {
    if (typeof item !== 'object' || item === null || !isIdentity(item))
      return refuse('must hold nothing but provider, subject and email');
    const { value: dto, faults } = checked(IdentityLineDto, { ...item });
    if (faults[0]) return refuse(`${faults[0].field} ${faults[0].detail}`);
    if (identities.some(({ provider }) => provider === dto.provider))
      return refuse('must hold a provider once');
    identities.push({ provider: dto.provider, subject: dto.subject, email: dto.email ?? null });
  }
  return { identities, reasons: [] };
}

const isIdentity = (item: object): boolean =>
  Object.keys(item).every((name) => IDENTITY_FIELDS.has(name));

/** What each field alone cannot show. */
function faultsOfWhole(
  dto: UserLineDto,
  identities: readonly IdentityRecord[],
  { now, argon2 }: ReadingRules,
): Reason[] {
  const reasons: Reason[] = [];
  const add = (field: string | null, detail: string) =>
    reasons.push(reason('invalid', field, detail));
  const hashFault = dto.password_hash ? faultOfImportedHash(dto.password_hash, argon2) : null;
  if (hashFault) add('password_hash', hashFault);
  if (!dto.password_hash && identities.length === 0 && !dto.email)
    add(null, 'has nothing to sign in with: no password_hash, no identity and no email');
  if (dto.email_verified_at && dto.is_verified === false)
    add('email_verified_at', 'must not be there when is_verified is false');
  // Clocks differ, and a dump may have been made in another zone; not by more than that.
  if (dto.created_at && dto.created_at.getTime() > now.getTime() + A_DAY_MS)
    add('created_at', 'must not be in the future');
  // It would stand in the way of all the news until then.
  const latest = now.getTime() + TOLERANCE_SECONDS * 1000;
  if (dto.subscription_occurred_at && dto.subscription_occurred_at.getTime() > latest)
    add('subscription_occurred_at', 'must not be in the future');
  return reasons;
}

function toRecord(
  dto: UserLineDto,
  identities: readonly IdentityRecord[],
  { now, idKey }: ReadingRules,
): UserRecord {
  const createdAt = dto.created_at ?? now;
  return {
    id: dto.id ?? lineId(idKey, contentOf(dto, identities), createdAt),
    username: dto.username,
    email: dto.email ?? null,
    emailVerifiedAt: verifiedAt(dto, createdAt),
    passwordHash: dto.password_hash ?? null,
    role: dto.role ?? 'user',
    isActive: dto.is_active ?? true,
    displayName: dto.display_name || null,
    fullName: dto.full_name || null,
    bio: dto.bio || null,
    avatarUrl: dto.avatar_url || null,
    nichePreference: dto.niche_preference || null,
    locale: dto.locale ?? 'en',
    createdAt,
    updatedAt: dto.updated_at ?? createdAt,
    lastLoginAt: dto.last_login_at ?? null,
    subscription: toSubscription(dto),
    identities,
  };
}

/** Where there is no address there is nothing to verify. */
function verifiedAt(dto: UserLineDto, createdAt: Date): Date | null {
  if (!dto.email) return null;
  return dto.email_verified_at ?? (dto.is_verified ? createdAt : null);
}

function toSubscription(dto: UserLineDto): SubscriptionRecord | null {
  const subscription = {
    premiumUntil: dto.premium_until ?? null,
    customerId: dto.customer_id ?? null,
    planId: dto.plan_id ?? null,
    subscriptionId: dto.subscription_id ?? null,
    status: dto.subscription_status ?? null,
    lastRenewedAt: dto.subscription_last_renew ?? null,
    nextRenewalAt: dto.subscription_next_renew ?? null,
    occurredAt: dto.subscription_occurred_at ?? null,
  };
  return Object.values(subscription).every((value) => value === null) ? null : subscription;
}

/** The same text for the same content, however the line spells and orders it. */
function contentOf(dto: UserLineDto, identities: readonly IdentityRecord[]): string {
  const fields = Object.entries(dto).filter(([, value]) => value !== null && value !== undefined);
  return JSON.stringify([fields.toSorted(([a], [b]) => (a < b ? -1 : 1)), identities]);
}
