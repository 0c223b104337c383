/** What the provider proved, as far as it bears on whose account this is. */
export interface ProvenProfile {
  readonly email: string | null;
  readonly hasVerifiedEmail: boolean;
}

/** A user as far as it bears on it. */
export interface Owner {
  readonly id: string;
  readonly isActive: boolean;
  readonly hasVerifiedEmail: boolean;
  /** Of this provider, whatever its subject. */
  readonly hasIdentity: boolean;
}

export interface LinkFacts {
  /** Who has this subject of this provider. */
  readonly identityOwner: Pick<Owner, 'id' | 'isActive'> | null;
  /** Who asked, signed in, to link it; null where somebody signs in. */
  readonly linker: Owner | null;
  /** Who has the address that the provider tells, verified or not. */
  readonly emailOwner: Owner | null;
}

export interface Refusal {
  readonly kind: 'refuse';
  readonly reason:
    'account_disabled' | 'identity_taken' | 'provider_already_linked' | 'provider_email_unverified';
  /** Whose account was not opened, where there is one. */
  readonly userId: string | null;
}

export type LinkDecision =
  /** The identity is known. */
  | { readonly kind: 'sign-in'; readonly userId: string }
  /** The identity joins this account, which is signed in to. */
  | { readonly kind: 'join'; readonly userId: string }
  /** As `join`; whatever was prepared in the account is void first. */
  | { readonly kind: 'reclaim'; readonly userId: string }
  /** With the address, if there is one: it is verified. */
  | { readonly kind: 'create' }
  /** The identity joins the account of the one who asked; no sign-in. */
  | { readonly kind: 'link'; readonly userId: string }
  /** It was theirs already. */
  | { readonly kind: 'keep'; readonly userId: string }
  | Refusal;

/**
 * Whose account a proven identity is. Pure, so that each row of the policy is a line of its test.
 *
 * The subject decides first. An address decides only where the provider verified it, and it never
 * replaces a subject that the account has at this provider: an address can change hands. An
 * account whose owner never verified the address may have been prepared by somebody else
 * (pre-hijacking), so it is reclaimed, not joined.
 */
export function decideAccount(profile: ProvenProfile, facts: LinkFacts): LinkDecision {
  const { identityOwner, linker, emailOwner } = facts;
  if (linker) return decideLink(linker, identityOwner);
  if (identityOwner)
    return identityOwner.isActive
      ? { kind: 'sign-in', userId: identityOwner.id }
      : refuse('account_disabled', identityOwner);
  if (profile.email !== null && !profile.hasVerifiedEmail)
    // Before the owner is looked at: the answer must not tell whether there is one.
    return refuse('provider_email_unverified', null);
  if (!emailOwner) return { kind: 'create' };
  if (!emailOwner.isActive) return refuse('account_disabled', emailOwner);
  if (!emailOwner.hasVerifiedEmail) return { kind: 'reclaim', userId: emailOwner.id };
  if (emailOwner.hasIdentity) return refuse('provider_already_linked', emailOwner);
  return { kind: 'join', userId: emailOwner.id };
}

function decideLink(linker: Owner, identityOwner: LinkFacts['identityOwner']): LinkDecision {
  if (identityOwner?.id === linker.id) return { kind: 'keep', userId: linker.id };
  if (identityOwner) return refuse('identity_taken', linker);
  if (linker.hasIdentity) return refuse('provider_already_linked', linker);
  return { kind: 'link', userId: linker.id };
}

const refuse = (reason: Refusal['reason'], about: Pick<Owner, 'id'> | null): Refusal => ({
  kind: 'refuse',
  reason,
  userId: about?.id ?? null,
});
