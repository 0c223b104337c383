import { Injectable } from '@nestjs/common';
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
   * @throws UnauthenticatedError if that changed since
   */
  async hold(
    tx: Tx,
    provider: string,
    { subject, email, hasVerifiedEmail }: ProviderProfile,
    asker: Account | null,
  ): Promise<Known> {
    const identity = await this.identities.findBySubject(tx, provider, subject);
    const linker = asker && (await this.holdAsker(tx, asker));
    const identityOwner = identity && (await this.users.lockById(tx, identity.userId));
    const looksByEmail = !linker && !identity && email !== null && hasVerifiedEmail;
    const emailOwner = looksByEmail ? await this.users.lockByEmail(tx, email) : null;
    const facts = {
      linker: await this.ownerOf(tx, linker, provider),
      identityOwner: await this.ownerOf(tx, identityOwner, provider),
      emailOwner: await this.ownerOf(tx, emailOwner, provider),
    };
    return { identity, identityOwner, linker, emailOwner, facts };
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
