import { Injectable } from '@nestjs/common';
import { IdentityTakenError } from '../../auth/identities/identities.errors';
import { IdentitiesService } from '../../auth/identities/identities.service';
import type { Identity } from '../../auth/identities/identity.entity';
import { UnauthenticatedError } from '../../common/access/access.errors';
import type { Tx } from '../../database/unit-of-work';
import type { Account } from '../../users/account';
import { UsersService } from '../../users/users.service';
import type { ProviderProfile } from '../providers/provider-profile';
import type { LinkFacts, Owner } from './account-linking';

/** Who is known of those that a proven identity may concern. */
export interface Known {
  readonly identity: Identity | null;
  readonly identityOwner: Account | null;
  readonly linker: Account | null;
  readonly emailOwner: Account | null;
  readonly facts: LinkFacts;
}

/** Reads what whose account an identity is depends on, and holds it until the transaction ends. */
@Injectable()
export class KnownAccounts {
  constructor(
    private readonly users: UsersService,
    private readonly identities: IdentitiesService,
  ) {}

  /**
   * `asker` is the account that wants to link, as its session saw it.
   * @throws UnauthenticatedError if that changed since; IdentityTakenError if the identity was
   *   linked or unlinked meanwhile: what is true now is another matter
   */
  hold(tx: Tx, provider: string, profile: ProviderProfile, asker: Account | null): Promise<Known> {
    return asker
      ? this.holdToLink(tx, provider, profile, asker)
      : this.holdToSignIn(tx, provider, profile);
  }

  private async holdToLink(
    tx: Tx,
    provider: string,
    { subject }: ProviderProfile,
    asker: Account,
  ): Promise<Known> {
    const linker = await this.holdAsker(tx, asker);
    const identity = await this.identities.findBySubject(tx, provider, subject);
    const facts = {
      linker: await this.ownerOf(tx, linker, provider),
      // Not held, for it only counts whose it is: two who ask for each other's would deadlock.
      identityOwner: identity && { id: identity.userId, isActive: true },
      emailOwner: null,
    };
    return { identity, identityOwner: null, linker, emailOwner: null, facts };
  }

  private async holdToSignIn(
    tx: Tx,
    provider: string,
    { subject, email, hasVerifiedEmail }: ProviderProfile,
  ): Promise<Known> {
    const identity = await this.identities.findBySubject(tx, provider, subject);
    const identityOwner = identity && (await this.users.lockById(tx, identity.userId));
    const looksByEmail = !identity && email !== null && hasVerifiedEmail;
    const emailOwner = looksByEmail ? await this.users.lockByEmail(tx, email) : null;
    // Whoever held that account until now may have linked or unlinked it.
    const current = await this.identities.findBySubject(tx, provider, subject);
    if (current?.id !== identity?.id) throw new IdentityTakenError();
    const facts = {
      linker: null,
      identityOwner: await this.ownerOf(tx, identityOwner, provider),
      emailOwner: await this.ownerOf(tx, emailOwner, provider),
    };
    return { identity, identityOwner, linker: null, emailOwner, facts };
  }

  private async holdAsker(tx: Tx, { id, securityStamp }: Account): Promise<Account> {
    const account = await this.users.lockById(tx, id);
    // A new stamp or a disabled account ended the session that asked.
    if (!account?.isActive || account.securityStamp !== securityStamp)
      throw new UnauthenticatedError();
    return account;
  }

  private async ownerOf(tx: Tx, account: Account | null, provider: string): Promise<Owner | null> {
    return (
      account && {
        id: account.id,
        isActive: account.isActive,
        hasVerifiedEmail: account.emailVerifiedAt !== null,
        hasIdentity: await this.identities.existsFor(tx, account.id, provider),
      }
    );
  }
}
