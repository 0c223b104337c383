import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { cursorAt, type Position, readCursor } from '../../common/http/pages';
import { isUuid } from '../../common/http/uuid-param.pipe';
import { UnitOfWork } from '../../database/unit-of-work';
import type { MailStatus } from '../../mail/mail-status';
import { MailNotFailedError, OutboxMailNotFoundError } from '../../mail/mail.errors';
import { MailService } from '../../mail/mail.service';
import type { OutboxMail } from '../../mail/outbox-mail.entity';

export interface MailsRequest {
  readonly status?: MailStatus;
  readonly limit: number;
  readonly cursor?: string;
}

export interface MailsPage {
  readonly mails: readonly OutboxMail[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** What became of the mails that are owed. */
@Injectable()
export class MailsService {
  constructor(
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Newest first. @throws ValidationFailedError for a cursor of another list */
  async list({ status, limit, cursor }: MailsRequest): Promise<MailsPage> {
    const list = ['mails', status];
    const [after] = cursor === undefined ? [null] : readCursor(list, cursor, isPosition);
    // One more than asked for tells whether there is a next page.
    const found = await this.mail.list(status, after, limit + 1);
    const mails = found.slice(0, limit);
    const nextCursor = found.length > limit ? cursorAt(list, [mails.at(-1)!.id]) : null;
    return { mails, nextCursor };
  }

  /**
   * Owes a mail that was given up once more: of N concurrent callers one does.
   * @throws OutboxMailNotFoundError, MailNotFailedError
   */
  async retry(mailId: string, adminId: string, client: Client): Promise<void> {
    const isOwed = await this.unitOfWork.run(async (tx) => {
      const mail = await this.mail.oweAgain(tx, mailId);
      if (!mail) return false;
      await this.audit.record(tx, {
        action: 'mail_retried',
        actorId: adminId,
        subjectId: mail.userId,
        client,
        details: { mailId, kind: mail.kind },
      });
      return true;
    });
    if (isOwed) return;
    // Not in the transaction, which would hold one connection while it waits for another.
    throw (await this.mail.exists(mailId))
      ? new MailNotFailedError()
      : new OutboxMailNotFoundError();
  }
}

const isPosition = (position: Position): position is readonly [string] =>
  position.length === 1 && typeof position[0] === 'string' && isUuid(position[0]);
