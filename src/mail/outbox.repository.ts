import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, LessThan, Not } from 'typeorm';
import type { Tx } from '../database/unit-of-work';
import { OutboxMail } from './outbox-mail.entity';

export type OverdueMail = Pick<OutboxMail, 'id' | 'createdAt'>;

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

  async markSent(tx: Tx, id: string, now: Date): Promise<void> {
    const success = { sentAt: now, failedAt: null, leasedUntil: null, lastError: null };
    await tx.update(OutboxMail, { id }, success);
  }

  /** Gives the mail back for another attempt, unless the claim was overtaken by another worker's. */
  async release(tx: Tx, claimed: OutboxMail, lastError: string): Promise<void> {
    await tx.update(OutboxMail, claimOn(claimed), { leasedUntil: null, lastError });
  }

  /** Gives the mail up, unless the claim was overtaken by another worker's. */
  async markFailed(tx: Tx, claimed: OutboxMail, now: Date, lastError: string): Promise<void> {
    const failure = { failedAt: now, leasedUntil: null, lastError };
    await tx.update(OutboxMail, claimOn(claimed), failure);
  }

  /** A mail that nobody is owed any more leaves no trace of its address. */
  async discard(tx: Tx, id: string): Promise<void> {
    await tx.delete(OutboxMail, { id });
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

  countUnsent(): Promise<number> {
    const repository = this.dataSource.getRepository(OutboxMail);
    return repository.countBy({ sentAt: IsNull(), failedAt: IsNull() });
  }

  countFailed(): Promise<number> {
    return this.dataSource.getRepository(OutboxMail).countBy({ failedAt: Not(IsNull()) });
  }

  async deleteSent(tx: Tx, sentBefore: Date): Promise<void> {
    await tx.delete(OutboxMail, { sentAt: LessThan(sentBefore) });
  }
}

/** Each claim has its own end: a worker that was stopped for longer does not find its own again. */
const claimOn = ({ id, leasedUntil }: OutboxMail) => ({ id, leasedUntil: leasedUntil! });
