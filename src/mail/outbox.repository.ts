import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, LessThan, Not } from 'typeorm';
import type { Tx } from '../database/unit-of-work';
import type { MailStatus } from './mail-status';
import { OutboxMail } from './outbox-mail.entity';
import { FORGOTTEN_MAILS, NOTICES_TO_OLD_ADDRESS } from './templates/mail-kind';

export type OverdueMail = Pick<OutboxMail, 'id' | 'createdAt'>;

/** As `statusOf` has it. */
const OF_STATUS = {
  unsent: 'mail.sent_at IS NULL AND mail.failed_at IS NULL',
  sent: 'mail.sent_at IS NOT NULL',
  failed: 'mail.failed_at IS NOT NULL',
} as const satisfies Record<MailStatus, string>;

@Injectable()
export class OutboxRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(tx: Tx, mail: OutboxMail): Promise<void> {
    await tx.insert(OutboxMail, mail);
  }

  /**
   * Takes an unsent mail until `leasedUntil` and counts the attempt. One statement: of N workers
   * one gets it. Null if it is sent, failed, gone, or another's at the moment.
   */
  async claim(tx: Tx, id: string, now: Date, leasedUntil: Date): Promise<OutboxMail | null> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(OutboxMail)
      .set({ leasedUntil, attempts: () => 'attempts + 1' })
      .where('id = :id AND sent_at IS NULL AND failed_at IS NULL', { id })
      .andWhere('(leased_until IS NULL OR leased_until <= :now)', { now })
      .execute();
    return affected === 1 ? tx.findOneByOrFail(OutboxMail, { id }) : null;
  }

  /** A mail to be forgotten is deleted. */
  async markSent(tx: Tx, mail: OutboxMail, now: Date): Promise<void> {
    const success = { sentAt: now, failedAt: null, leasedUntil: null, lastError: null };
    await tx.update(OutboxMail, { id: mail.id }, success);
    await this.forgetSettled(tx, mail);
  }

  /** Gives the mail back for another attempt, unless the claim was overtaken by another worker's. */
  async release(tx: Tx, claimed: OutboxMail, lastError: string): Promise<void> {
    await tx.update(OutboxMail, claimOn(claimed), { leasedUntil: null, lastError });
  }

  /** Gives the mail up, unless the claim was overtaken by another worker's; one to be forgotten is deleted. */
  async markFailed(tx: Tx, claimed: OutboxMail, now: Date, lastError: string): Promise<void> {
    const failure = { failedAt: now, leasedUntil: null, lastError };
    await tx.update(OutboxMail, claimOn(claimed), failure);
    await this.forgetSettled(tx, claimed);
  }

  /** One statement: the mail for the one of N concurrent callers that found it given up, else null. */
  async reopen(tx: Tx, id: string): Promise<OutboxMail | null> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(OutboxMail)
      .set({ failedAt: null, leasedUntil: null, attempts: 0 })
      .where('id = :id AND failed_at IS NOT NULL', { id })
      .execute();
    return affected === 1 ? tx.findOneByOrFail(OutboxMail, { id }) : null;
  }

  /** A mail that nobody is owed any more leaves no trace of its address. */
  async discard(tx: Tx, id: string): Promise<void> {
    await tx.delete(OutboxMail, { id });
  }

  /**
   * Of a user, and to an address of theirs where it tells of nobody else; null for none that is
   * proven. In the order of ids, from behind `after` on.
   */
  listAbout(
    userId: string,
    provenAddress: string | null,
    after: string | null,
    most: number,
  ): Promise<OutboxMail[]> {
    return this.dataSource
      .getRepository(OutboxMail)
      .createQueryBuilder('mail')
      .where('(mail.user_id = :userId OR (mail.user_id IS NULL AND mail.recipient = :address))', {
        userId,
        address: provenAddress,
      })
      .andWhere(after ? 'mail.id > :after' : 'true', { after })
      .orderBy('mail.id')
      .limit(most)
      .getMany();
  }

  /** As `listAbout` finds them. */
  async deleteAbout(tx: Tx, userId: string, provenAddress: string | null): Promise<void> {
    await tx.query(
      'DELETE FROM mail_outbox WHERE user_id = $1 OR (user_id IS NULL AND recipient = $2)',
      [userId, provenAddress],
    );
  }

  /**
   * Takes the user out of notices that their former addresses are still owed. They stay locked
   * until `tx` ends, so that one which is sent meanwhile is forgotten as the others are.
   */
  async detachNotices(tx: Tx, userId: string, address: string | null): Promise<void> {
    await tx.query(
      `UPDATE mail_outbox SET user_id = NULL
       WHERE user_id = $1 AND recipient IS DISTINCT FROM $2 AND kind = ANY($3)
         AND sent_at IS NULL AND failed_at IS NULL`,
      [userId, address, NOTICES_TO_OLD_ADDRESS],
    );
  }

  /** Mails that should have been sent by now, oldest first, from behind `after` on. */
  async listOverdue(
    now: Date,
    createdBefore: Date,
    after: OverdueMail | null,
    most: number,
  ): Promise<OverdueMail[]> {
    return this.dataSource
      .getRepository(OutboxMail)
      .createQueryBuilder('mail')
      .select(['mail.id', 'mail.createdAt'])
      .where('mail.sent_at IS NULL AND mail.failed_at IS NULL')
      .andWhere('mail.created_at < :createdBefore', { createdBefore })
      .andWhere('(mail.leased_until IS NULL OR mail.leased_until <= :now)', { now })
      .andWhere(after ? '(mail.created_at, mail.id) > (:createdAt, :id)' : 'true', after ?? {})
      .orderBy('mail.createdAt')
      .addOrderBy('mail.id')
      .limit(most)
      .getMany();
  }

  /** Newest first. What failed has an index of its own, since it is few among many. */
  list(status: MailStatus | undefined, after: string | null, most: number): Promise<OutboxMail[]> {
    return this.dataSource
      .getRepository(OutboxMail)
      .createQueryBuilder('mail')
      .where(status ? OF_STATUS[status] : 'true')
      .andWhere(after ? 'mail.id < :after' : 'true', { after })
      .orderBy('mail.id', 'DESC')
      .limit(most)
      .getMany();
  }

  exists(id: string): Promise<boolean> {
    return this.dataSource.getRepository(OutboxMail).existsBy({ id });
  }

  countUnsent(): Promise<number> {
    const repository = this.dataSource.getRepository(OutboxMail);
    return repository.countBy({ sentAt: IsNull(), failedAt: IsNull() });
  }

  /** When the mail that is owed for longest was owed; null where none is. */
  async findOldestUnsent(): Promise<Date | null> {
    const oldest = await this.dataSource
      .getRepository(OutboxMail)
      .createQueryBuilder('mail')
      .select(['mail.id', 'mail.createdAt'])
      .where(OF_STATUS.unsent)
      .orderBy('mail.createdAt')
      .limit(1)
      .getOne();
    return oldest?.createdAt ?? null;
  }

  countFailed(): Promise<number> {
    return this.dataSource.getRepository(OutboxMail).countBy({ failedAt: Not(IsNull()) });
  }

  async deleteSent(tx: Tx, sentBefore: Date): Promise<void> {
    await tx.delete(OutboxMail, { sentAt: LessThan(sentBefore) });
  }

  /** By the row and not by what was claimed: the user may have been deleted while it was sent. */
  private async forgetSettled(tx: Tx, { id, kind }: OutboxMail): Promise<void> {
    if (!FORGOTTEN_MAILS.has(kind)) return;
    await tx.query(
      `DELETE FROM mail_outbox
       WHERE id = $1 AND user_id IS NULL AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)`,
      [id],
    );
  }
}

/** Each claim has its own end: a worker that was stopped for longer does not find its own again. */
const claimOn = ({ id, leasedUntil }: OutboxMail) => ({ id, leasedUntil: leasedUntil! });
