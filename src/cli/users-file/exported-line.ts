import type { Role } from '../../common/access/principal';

/** A row of `users` with its subscription's columns and its identities. */
export interface ExportedRow {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly email_verified_at: Date | null;
  readonly password_hash: string | null;
  readonly role: Role;
  readonly is_active: boolean;
  readonly display_name: string | null;
  readonly full_name: string | null;
  readonly bio: string | null;
  readonly avatar_url: string | null;
  readonly niche_preference: string | null;
  readonly locale: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly last_login_at: Date | null;
  readonly premium_until: Date | null;
  readonly customer_id: string | null;
  readonly plan_id: string | null;
  readonly subscription_id: string | null;
  readonly status: string | null;
  readonly last_renewed_at: Date | null;
  readonly next_renewal_at: Date | null;
  /** `pg` reads '-infinity' as a number. */
  readonly occurred_at: Date | number | null;
  readonly identities:
    | readonly {
        readonly provider: string;
        readonly subject: string;
        readonly email: string | null;
      }[]
    | null;
}

/** One line, which an import reads as the same user. What is null is left out. */
export function exportedLine(row: ExportedRow, withHash: boolean): string {
  const { occurred_at: occurredAt } = row;
  return JSON.stringify(
    withoutNulls({
      id: row.id,
      username: row.username,
      email: row.email,
      password_hash: withHash ? row.password_hash : null,
      is_verified: row.email_verified_at !== null,
      email_verified_at: row.email_verified_at,
      is_active: row.is_active,
      role: row.role,
      display_name: row.display_name,
      full_name: row.full_name,
      bio: row.bio,
      avatar_url: row.avatar_url,
      niche_preference: row.niche_preference,
      locale: row.locale,
      created_at: row.created_at,
      updated_at: row.updated_at,
      last_login_at: row.last_login_at,
      premium_until: row.premium_until,
      customer_id: row.customer_id,
      plan_id: row.plan_id,
      subscription_id: row.subscription_id,
      subscription_status: row.status,
      subscription_last_renew: row.last_renewed_at,
      subscription_next_renew: row.next_renewal_at,
      subscription_occurred_at: occurredAt instanceof Date ? occurredAt : null,
      identities: row.identities?.map(withoutNulls) ?? null,
    }),
  );
}

const withoutNulls = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
