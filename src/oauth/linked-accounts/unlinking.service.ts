import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { IdentitiesService } from '../../auth/identities/identities.service';
import { SessionsService } from '../../auth/sessions/sessions.service';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { SignedInUser } from '../../users/account';
import { ProviderRegistry } from '../providers/provider-registry';

@Injectable()
export class UnlinkingService {
  constructor(
    private readonly identities: IdentitiesService,
    private readonly providers: ProviderRegistry,
    private readonly sessions: SessionsService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Takes a provider away from the user's ways to sign in, and ends the other sessions that it
   * opened: whoever took over the account there is out. The last way to sign in stays, however
   * many ask at once.
   * @throws IdentityNotFoundError, LastSignInMethodError
   */
  async unlink(user: SignedInUser, provider: string, client: Client): Promise<void> {
    const { userId, account } = user;
    const method = this.providers.displayNameOf(provider);
    await this.unitOfWork.run(async (tx) => {
      await this.identities.remove(tx, userId, provider);
      await this.sessions.endOpenedBy(tx, provider, user);
      await this.audit.recordOwn(tx, 'identity_unlinked', userId, client, { method: provider });
      await this.mail.oweTo(tx, 'sign_in_method_unlinked', account, { method, ip: client.ip });
    });
  }
}
