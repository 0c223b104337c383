import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { SystemRandom } from '../../common/random/random';
import { AppConfig } from '../../config/app-config';
import type { MailMessage } from '../message';

export interface StoredMail {
  /** The mailbox's own id, not the outbox row's: a mail sent twice is seen twice. */
  readonly id: string;
  readonly sentAt: Date;
  readonly message: MailMessage;
  /** Every http(s) address in the text version, in order. */
  readonly links: readonly string[];
}

const MOST_KEPT = 500;
const ID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/**
 * The development mailbox: one JSON file a message under `DATA_DIR/mailbox`, shared by all
 * processes on that directory. Ids are UUIDv7, so their order is the order of sending.
 */
@Injectable()
export class Mailbox {
  private readonly directory: string;
  private readonly random = new SystemRandom();

  constructor(config: AppConfig) {
    this.directory = join(config.process.dataDir, 'mailbox');
  }

  /** Appears whole or not at all. The oldest beyond 500 are dropped. Returns the mailbox's id. */
  async store(message: MailMessage): Promise<string> {
    const id = this.random.id();
    const draft = join(this.directory, `.${id}.draft`);
    // The links in these files are live, so they are for their owner only.
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await writeFile(draft, JSON.stringify(message), { mode: 0o600 });
    await rename(draft, this.pathOf(id));
    const surplus = (await this.ids()).slice(MOST_KEPT);
    await Promise.all(surplus.map((old) => rm(this.pathOf(old), { force: true })));
    return id;
  }

  /** Newest first, at most 500. */
  async list(): Promise<StoredMail[]> {
    const ids = (await this.ids()).slice(0, MOST_KEPT);
    const mails = await Promise.all(ids.map((id) => this.find(id)));
    return mails.filter((mail) => mail !== null);
  }

  /** Null for whatever is not the id of a kept message; no other file can be reached. */
  async find(id: string): Promise<StoredMail | null> {
    if (!ID.test(id)) return null;
    const json = await orWhenAbsent(readFile(this.pathOf(id), 'utf8'), null);
    if (json === null) return null;
    const message = JSON.parse(json) as MailMessage;
    return { id, sentAt: timeOf(id), message, links: linksIn(message.text) };
  }

  private async ids(): Promise<string[]> {
    const names = await orWhenAbsent(readdir(this.directory), []);
    return names
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .filter((id) => ID.test(id))
      .toSorted()
      .toReversed();
  }

  private pathOf(id: string): string {
    return join(this.directory, `${id}.json`);
  }
}

/** The first 48 bits of a UUIDv7 are milliseconds since the epoch (RFC 9562 §5.7). */
const timeOf = (id: string): Date =>
  new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16));

const linksIn = (text: string): string[] => text.match(/https?:\/\/[^\s<>"]+/g) ?? [];

async function orWhenAbsent<T>(reading: Promise<T>, absent: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absent;
    throw error;
  }
}
