import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { IdentitiesService } from '../../auth/identities/identities.service';
import type { Identity } from '../../auth/identities/identity.entity';
import type { Client } from '../../common/http/client';
import { Random } from '../../common/random/random';
import { AppConfig } from '../../config/app-config';
import type { Tx } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { Account } from '../../users/account';
import { UsernameTakenError } from '../../users/users.errors';
import { UsersService } from '../../users/users.service';
import type { ProviderProfile } from '../providers/provider-profile';
import { usernameCandidate, usernameStem } from './free-username';

/** A proven identity, and who brought it. */
export interface Proof {
  readonly provider: string;
  /** As people know the provider. */
  readonly method: string;
  readonly profile: ProviderProfile;
  readonly client: Client;
}

/** Writes down whose an identity is from now on, with the mail and the audit rows that belong to it. */
@Injectable()
export class AccountSettling {
  constructor(
    private readonly users: UsersService,
    private readonly identities: IdentitiesService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly config: AppConfig,
    private readonly random: Random,
  ) {}

  async recordUse(tx: Tx, identity: Identity, { profile }: Proof): Promise<void> {
    await this.identities.recordUse(tx, identity.id, profile.email);
  }

  /** @throws IdentityTakenError, ProviderAlreadyLinkedError */
  async link(tx: Tx, account: Account, proof: Proof): Promise<void> {
    await this.add(tx, account, proof);
    await this.tell(tx, 'sign_in_method_linked', account, proof);
  }

  /**
   * As `link`, for an account that has no address: it takes the one that the provider verified, if
   * nobody else has it.
   */
  async linkAndAddress(tx: Tx, account: Account, proof: Proof): Promise<void> {
    const { email, hasVerifiedEmail } = proof.profile;
    const isWanted = account.email === null && email !== null && hasVerifiedEmail;
    if (!isWanted || (await this.users.lockByEmail(tx, email)))
      return this.link(tx, account, proof);
    await this.users.setFirstEmail(tx, account.id, email);
    const { client, provider } = proof;
    await this.audit.recordOwn(tx, 'email_changed', account.id, client, { method: provider });
    return this.link(tx, { ...account, email }, proof);
  }

  /**
   * Hands an account to the proven owner of its address: password, sessions, links and whatever
   * was linked before are void. Answers with the account as it is then.
   */
  async reclaim(tx: Tx, account: Account, proof: Proof): Promise<Account> {
    const reclaimed = await this.users.reclaim(tx, account);
    // Its row is held, so nobody can have changed it.
    if (!reclaimed) throw new Error('an account that is held was changed');
    await this.identities.removeAll(tx, account.id);
    await this.audit.recordOwn(tx, 'account_reclaimed', account.id, proof.client, {
      method: proof.provider,
    });
    await this.add(tx, reclaimed, proof);
    await this.tell(tx, 'account_reclaimed', reclaimed, proof);
    return reclaimed;
  }

  /** @throws UsernameTakenError (the next attempt asks for another), EmailTakenError, IdentityTakenError */
  async create(tx: Tx, proof: Proof, attempt: number): Promise<Account> {
    const { profile, provider, client } = proof;
    const { email } = profile;
    const stem = usernameStem(email, profile.username, profile.name);
    const digits = this.random.uuid().replaceAll('-', '');
    const username = usernameCandidate(stem, attempt, digits);
    const isReserved =
      this.config.signIn.registrationHidesAccounts && (await this.users.isReserved(tx, username));
    const account = await this.users.create(tx, {
      username,
      email,
      passwordHash: null,
      fullName: profile.name,
      avatarUrl: profile.picture,
      isEmailVerified: email !== null,
    });
    // What a sign-up has not told, the next person of that name must not tell.
    if (isReserved) throw new UsernameTakenError();
    await this.identities.add(tx, account.id, identityOf(proof));
    await this.audit.recordOwn(tx, 'user_registered', account.id, client, { method: provider });
    return account;
  }

  private async add(tx: Tx, account: Account, proof: Proof): Promise<void> {
    const { provider: method, client } = proof;
    await this.identities.add(tx, account.id, identityOf(proof));
    await this.audit.recordOwn(tx, 'identity_linked', account.id, client, { method });
  }

  private tell(
    tx: Tx,
    kind: 'sign_in_method_linked' | 'account_reclaimed',
    account: Account,
    { method, client }: Proof,
  ): Promise<void> {
    return this.mail.oweTo(tx, kind, account, { method, ip: client.ip });
  }
}

const identityOf = ({ provider, profile }: Proof) => ({
  provider,
  subject: profile.subject,
  email: profile.email,
});
