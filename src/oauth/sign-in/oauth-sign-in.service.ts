import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { AccountDisabledError } from '../../auth/auth.errors';
import {
  IdentityTakenError,
  ProviderAlreadyLinkedError,
} from '../../auth/identities/identities.errors';
import { SessionsService, type TokenPair } from '../../auth/sessions/sessions.service';
import { UnauthenticatedError } from '../../common/access/access.errors';
import type { DomainError } from '../../common/errors/domain-error';
import type { Client } from '../../common/http/client';
import { AppConfig } from '../../config/app-config';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import type { Account } from '../../users/account';
import { EmailTakenError, UsernameTakenError } from '../../users/users.errors';
import { UsersService } from '../../users/users.service';
import type { Flow } from '../flow/flow';
import { ProviderEmailUnverifiedError } from '../oauth.errors';
import type { ProviderProfile } from '../providers/provider-profile';
import { ProviderRegistry } from '../providers/provider-registry';
import { decideAccount, type Refusal } from './account-linking';
import { AccountSettling, type Proof } from './account-settling';
import { KnownAccounts } from './known-accounts';

/** `code` stands for a pair of tokens; the other results hand the pair itself over. */
export type SignInOutcome =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'tokens'; readonly pair: TokenPair }
  | { readonly kind: 'linked' };

interface Refused {
  readonly kind: 'refused';
  readonly reason: Refusal['reason'];
}

/** Somebody else was first, or has the name: what is true now is another matter. */
const OVERTAKEN = [
  UsernameTakenError,
  EmailTakenError,
  IdentityTakenError,
  ProviderAlreadyLinkedError,
];
const MOST_ATTEMPTS = 6;

const REFUSALS: Readonly<Record<Refusal['reason'], new () => DomainError>> = {
  account_disabled: AccountDisabledError,
  identity_taken: IdentityTakenError,
  provider_already_linked: ProviderAlreadyLinkedError,
  provider_email_unverified: ProviderEmailUnverifiedError,
};

@Injectable()
export class OAuthSignInService {
  constructor(
    private readonly providers: ProviderRegistry,
    private readonly known: KnownAccounts,
    private readonly settling: AccountSettling,
    private readonly sessions: SessionsService,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
  ) {}

  /**
   * Signs in, joins, creates or links as `decideAccount` says. What it decides by is held until it
   * is written, and the indexes decide between those who come first at once: they are judged anew,
   * so two first sign-ins of one person make one account.
   * @throws AccountDisabledError, IdentityTakenError, ProviderAlreadyLinkedError,
   *   ProviderEmailUnverifiedError, UnauthenticatedError where the session that asked has ended
   */
  async complete(flow: Flow, profile: ProviderProfile, client: Client): Promise<SignInOutcome> {
    const { provider, linker } = flow;
    const asker = linker && (await this.sessions.authenticate(linker.sessionId, linker.userId));
    if (linker && !asker) throw new UnauthenticatedError();
    const method = this.providers.displayNameOf(provider);
    const proof = { provider, method, profile, client };
    const outcome = await this.settleAnew((attempt) =>
      this.unitOfWork.run((tx) => this.settle(tx, proof, asker?.account ?? null, attempt)),
    );
    if (outcome.kind === 'refused') throw new REFUSALS[outcome.reason]();
    return outcome;
  }

  private async settleAnew<T>(settle: (attempt: number) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await settle(attempt);
      } catch (error) {
        const isOvertaken = OVERTAKEN.some((kind) => error instanceof kind);
        if (!isOvertaken || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  /** A refusal is returned, so that its audit row is kept. */
  private async settle(
    tx: Tx,
    proof: Proof,
    asker: Account | null,
    attempt: number,
  ): Promise<SignInOutcome | Refused> {
    const known = await this.known.hold(tx, proof.provider, proof.profile, asker);
    const decision = decideAccount(proof.profile, known.facts);
    switch (decision.kind) {
      case 'refuse':
        await this.recordRefusal(tx, proof, decision);
        return { kind: 'refused', reason: decision.reason };
      case 'keep':
        await this.settling.recordUse(tx, known.identity!, proof);
        return { kind: 'linked' };
      case 'link':
        await this.settling.linkAndAddress(tx, known.linker!, proof);
        return { kind: 'linked' };
      case 'sign-in':
        await this.settling.recordUse(tx, known.identity!, proof);
        return this.open(tx, known.identityOwner!, proof);
      case 'join':
        await this.settling.link(tx, known.emailOwner!, proof);
        return this.open(tx, known.emailOwner!, proof);
      case 'reclaim':
        return this.open(tx, await this.settling.reclaim(tx, known.emailOwner!, proof), proof);
      // create
      default:
        return this.open(tx, await this.settling.create(tx, proof, attempt), proof);
    }
  }

  private async open(tx: Tx, account: Account, proof: Proof): Promise<SignInOutcome> {
    const { provider: method, method: methodName, client } = proof;
    await this.users.recordSignIn(tx, account.id);
    const isByCode = this.config.oauth.result === 'code';
    const { isNewDevice, ...opened } = isByCode
      ? await this.sessions.openForExchange(tx, account, method, client, methodName)
      : await this.sessions.open(tx, account, method, client, methodName);
    const details = { method, ...(isNewDevice && { newDevice: true }) };
    await this.audit.recordOwn(tx, 'sign_in_succeeded', account.id, client, details);
    return 'code' in opened
      ? { kind: 'code', code: opened.code }
      : { kind: 'tokens', pair: opened };
  }

  private recordRefusal(
    tx: Tx,
    { provider: method, client }: Proof,
    { reason, userId: subjectId }: Refusal,
  ): Promise<void> {
    return this.audit.record(tx, {
      action: 'sign_in_failed',
      actorId: null,
      subjectId,
      client,
      details: { method, reason },
    });
  }
}
