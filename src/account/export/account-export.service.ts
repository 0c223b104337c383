import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../../audit/audit-event.entity';
import { AuditTrail } from '../../audit/audit-trail.service';
import { AuditService } from '../../audit/audit.service';
import { IdentitiesService } from '../../auth/identities/identities.service';
import type { Identity } from '../../auth/identities/identity.entity';
import type { Session } from '../../auth/sessions/session.entity';
import { SessionsService } from '../../auth/sessions/sessions.service';
import { InvalidAccessTokenError } from '../../common/access/access.errors';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { OutboxMail } from '../../mail/outbox-mail.entity';
import type { Account } from '../../users/account';
import type { Subscription } from '../../users/subscription.entity';
import { SubscriptionsService } from '../../users/subscriptions/subscriptions.service';
import { UsersService } from '../../users/users.service';
import { seenBy } from '../own-event';

/** What may be much is read while it is written out. */
export interface AccountExport {
  readonly subscription: Subscription | null;
  readonly identities: readonly Identity[];
  readonly sessions: AsyncIterable<Session>;
  readonly mails: AsyncIterable<OutboxMail>;
  readonly events: AsyncIterable<AuditEvent>;
}

@Injectable()
export class AccountExportService {
  constructor(
    private readonly users: UsersService,
    private readonly subscriptions: SubscriptionsService,
    private readonly identities: IdentitiesService,
    private readonly sessions: SessionsService,
    private readonly mail: MailService,
    private readonly trail: AuditTrail,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Everything held about somebody. @throws InvalidAccessTokenError if they are gone */
  async export(account: Account, client: Client): Promise<AccountExport> {
    const { id } = account;
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.users.hold(tx, id))) throw new InvalidAccessTokenError();
      await this.audit.recordOwn(tx, 'data_exported', id, client);
    });
    const [subscription, identities] = await Promise.all([
      this.subscriptions.find(id),
      this.identities.listOf(id),
    ]);
    return {
      subscription,
      identities,
      sessions: this.sessions.historyOf(id),
      mails: this.mail.historyOf(account),
      events: this.eventsOf(id),
    };
  }

  private async *eventsOf(userId: string): AsyncGenerator<AuditEvent> {
    for await (const event of this.trail.historyOf(userId)) yield seenBy(userId, event);
  }
}
