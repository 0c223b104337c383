import type { SecurityEvent } from '../audit/audit.service';
import type { Account } from './account';
import type { Changed } from './account-changes.service';

type Event = Pick<SecurityEvent, 'action' | 'details'>;

/** Fields that share one event, by their names on the wire. */
const UPDATED_FIELDS = {
  username: 'username',
  emailVerifiedAt: 'is_verified',
  displayName: 'display_name',
  fullName: 'full_name',
  bio: 'bio',
  avatarUrl: 'avatar_url',
  nichePreference: 'niche_preference',
} as const satisfies Partial<Record<keyof Account, string>>;

/** What the audit trail says of a change: nothing where nothing changed, and never a value but a role. */
export function eventsOf({ before, after }: Changed): Event[] {
  const differs = (name: keyof Account): boolean => before[name] !== after[name];
  const events: Event[] = [];
  if (differs('role'))
    events.push({ action: 'role_changed', details: { from: before.role, to: after.role } });
  if (differs('isActive'))
    events.push({ action: after.isActive ? 'user_enabled' : 'user_disabled' });
  if (differs('email'))
    events.push({
      action: 'email_changed',
      details: { verified: after.emailVerifiedAt !== null },
    });
  const fields = updatedFields(differs);
  if (fields !== '') events.push({ action: 'user_updated', details: { fields } });
  return events;
}

/** Whether an address is verified goes with it where it is new. */
const updatedFields = (differs: (name: keyof Account) => boolean): string =>
  Object.entries(UPDATED_FIELDS)
    .filter(([name]) => differs(name as keyof Account))
    .filter(([name]) => name !== 'emailVerifiedAt' || !differs('email'))
    .map(([, field]) => field)
    .join(',');
