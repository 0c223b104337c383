import type { SigningKey } from './signing-key.entity';

/** What a verifier may keep the published keys for (RFC 9111 §5.2.2.1). */
export const PUBLISHED_MAX_AGE_SECONDS = 300;
/**
 * How long a key is published before it signs: twice the above, which covers a process that has not
 * looked again yet, and verifiers that keep keys for ten minutes, as jose does.
 */
export const PUBLISHED_BEFORE_SECONDS = 2 * PUBLISHED_MAX_AGE_SECONDS;
/** What a retired key verifies longer than its last token lives: clocks differ, and so do caches. */
export const SLACK_SECONDS = 120;

/** How long a process may not know of what was changed elsewhere, such as a revocation. */
export const RELOAD_SECONDS = 30;

type Times = Pick<SigningKey, 'activatesAt' | 'retiresAt' | 'expiresAt' | 'revokedAt'>;

/** Whether tokens that it signed are good. */
export const verifies = ({ expiresAt }: Pick<Times, 'expiresAt'>, now: Date): boolean =>
  expiresAt === null || expiresAt > now;

/** Whether it signs, or will. */
export const isUnretired = ({ retiresAt }: Pick<Times, 'retiresAt'>, now: Date): boolean =>
  retiresAt === null || retiresAt > now;

export const isActive = ({ activatesAt }: Pick<Times, 'activatesAt'>, now: Date): boolean =>
  activatesAt <= now;

/**
 * When its successor is due, which is published before it signs; null where keys are replaced by
 * command alone.
 */
export function renewalDueAt(
  { activatesAt }: Pick<Times, 'activatesAt'>,
  signingKeySeconds: number | null,
): Date | null {
  if (signingKeySeconds === null) return null;
  const seconds = Math.max(0, signingKeySeconds - PUBLISHED_BEFORE_SECONDS);
  return new Date(activatesAt.getTime() + seconds * 1000);
}

export type KeyState = 'next' | 'signing' | 'verifying' | 'expired' | 'revoked';

/** Where a key stands, for people. */
export function stateOf(key: Times, now: Date): KeyState {
  if (key.revokedAt) return 'revoked';
  if (!verifies(key, now)) return 'expired';
  if (!isUnretired(key, now)) return 'verifying';
  return isActive(key, now) ? 'signing' : 'next';
}

interface Candidate extends Pick<Times, 'activatesAt' | 'retiresAt'> {
  readonly algorithm: string;
}

/**
 * The key that signs now: the latest of the wanted algorithm that has begun to; else, while the
 * first of that algorithm is being published, one of another that still does; else whatever is
 * there, however early, since a token that some cache does not know is better than none.
 */
export function signerOf<K extends Candidate>(
  keys: readonly K[],
  algorithm: string,
  now: Date,
): K | null {
  const able = keys
    .filter((key) => isUnretired(key, now))
    .toSorted((a, b) => b.activatesAt.getTime() - a.activatesAt.getTime());
  const active = able.filter((key) => isActive(key, now));
  const wanted = (key: K) => key.algorithm === algorithm;
  return active.find(wanted) ?? active[0] ?? able.findLast(wanted) ?? able.at(-1) ?? null;
}
