import { Injectable } from '@nestjs/common';
import { UserDeletion } from '../../auth/deletion/user-deletion';
import { PasswordProof } from '../../auth/passwords/password-proof';
import { SessionsService } from '../../auth/sessions/sessions.service';
import { InvalidAccessTokenError } from '../../common/access/access.errors';
import type { Client } from '../../common/http/client';
import { Clock } from '../../common/time/clock';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import type { SignedInUser } from '../../users/account';
import { UsersService } from '../../users/users.service';
import { ReauthenticationRequiredError } from '../account.errors';

/** How young a sign-in must be to stand for the password. */
const FRESH_SECONDS = 5 * 60;

@Injectable()
export class AccountDeletionService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly proof: PasswordProof,
    private readonly deletion: UserDeletion,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Deletes the caller's own account, for their password or, without one, for a sign-in of the last
   * five minutes. Of N concurrent callers one succeeds; the sessions of the others have ended.
   * @throws ReauthenticationRequiredError, WrongPasswordError, RateLimitedError, LastAdminError,
   *   InvalidAccessTokenError
   */
  async delete(user: SignedInUser, password: string | null, client: Client): Promise<void> {
    const { account } = user;
    if (password !== null) await this.proof.demand(account, password, client);
    else if (!(await this.isFresh(user))) throw new ReauthenticationRequiredError();
    const cause = { actorId: account.id, client, reason: 'own_wish' } as const;
    const deleted = await this.unitOfWork.run(
      async (tx) => (await this.isUnchanged(tx, user)) && this.deletion.delete(tx, account, cause),
    );
    if (!deleted) throw new InvalidAccessTokenError();
  }

  private async isFresh({ sessionId, userId }: SignedInUser): Promise<boolean> {
    const openedAt = await this.sessions.openedAt(sessionId, userId);
    if (!openedAt) throw new InvalidAccessTokenError();
    return openedAt > this.clock.inSeconds(-FRESH_SECONDS);
  }

  /** A password reset at this moment may be the owner's, and the session somebody else's. */
  private async isUnchanged(tx: Tx, { account: seen }: SignedInUser): Promise<boolean> {
    const account = await this.users.lockForRemoval(tx, seen.id);
    return account?.securityStamp === seen.securityStamp && account.isActive;
  }
}
