import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import { ConfigError } from '../../config/env';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import { type KeyPair, makeKeyPair, type SigningAlgorithm } from './key-pair';
import { KeySeal } from './key-seal';
import {
  isActive,
  isUnretired,
  PUBLISHED_BEFORE_SECONDS,
  renewalDueAt,
  SLACK_SECONDS,
  verifies,
} from './key-times';
import type { SigningKey } from './signing-key.entity';
import { SigningKeysRepository } from './signing-keys.repository';

type Keys = readonly SigningKey[];

/**
 * Makes, replaces and ends the keys of access tokens. Whatever changes them holds one lock, and
 * looks at what is there before it acts, so that of N processes which want the same one does it.
 * A key that is replaced verifies until the last token it signed has expired.
 */
@Injectable()
export class KeyRotation {
  /** Null: access tokens are signed with SECRET_KEY, and no key is made. */
  private readonly algorithm: SigningAlgorithm | null;

  constructor(
    private readonly keys: SigningKeysRepository,
    private readonly seal: KeySeal,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {
    const { accessTokenAlgorithm } = config.tokens;
    this.algorithm = accessTokenAlgorithm === 'HS256' ? null : accessTokenAlgorithm;
  }

  /** All that are kept, in the order in which they begin to sign. */
  list(): Promise<SigningKey[]> {
    return this.keys.list();
  }

  /**
   * Makes the first key of the configured algorithm, unless there is one.
   * @throws ConfigError if SECRET_KEY does not open one that signs, or will
   */
  async ensure(): Promise<void> {
    if (!this.algorithm) return;
    const keys = await this.keys.list();
    this.demandReadable(keys);
    if (!this.newestOf(keys)) await this.renewIf((newest) => newest === null);
  }

  /**
   * Publishes the next key, and the newest signs until that one does. Null where a next one waits
   * already, or none is wanted.
   * @throws ConfigError as `ensure`
   */
  rotate(): Promise<SigningKey | null> {
    return this.renewIf((newest) => newest === null || isActive(newest, this.clock.now()));
  }

  /** What is due: the next key, and the end of what has signed for long enough. */
  async tend(): Promise<void> {
    await this.change((tx, keys) => this.endWhatIsDone(tx, keys));
    const isDue = (newest: SigningKey | null) => newest !== null && this.isOld(newest);
    if (isDue(this.newestOf(await this.keys.list()))) await this.renewIf(isDue);
  }

  /**
   * Ends a key at once: nothing that it signed is good any more, and another one signs. False if it
   * had ended before; null if there is no such key.
   * @throws ConfigError as `ensure`
   */
  async revoke(kid: string): Promise<boolean | null> {
    const fresh = await this.make();
    return this.change(async (tx, keys) => {
      if (fresh) this.demandReadable(keys);
      const key = keys.find((known) => known.kid === kid);
      if (!key) return null;
      if (!verifies(key, this.clock.now())) return false;
      await this.end(tx, key);
      const others = keys.filter((other) => other !== key);
      if (fresh) await this.settle(tx, others, fresh);
      return true;
    });
  }

  /** Ends every key at once, and makes one that signs; says how many it ended. */
  async discardAll(): Promise<number> {
    const fresh = await this.make();
    return this.change(async (tx, keys) => {
      const live = keys.filter((key) => verifies(key, this.clock.now()));
      for (const key of live) await this.end(tx, key);
      if (fresh) await this.add(tx, fresh, this.clock.now());
      return live.length;
    });
  }

  /** Forgets at most so many keys that expired before, and says how many it were. */
  purge(tx: Tx, before: Date, most: number): Promise<number> {
    return this.keys.deleteExpired(tx, before, most);
  }

  private change<T>(work: (tx: Tx, keys: Keys) => Promise<T>): Promise<T> {
    return this.unitOfWork.run(async (tx) => work(tx, await this.keys.holdAll(tx)));
  }

  /** Before the transaction: an RSA key takes a while. */
  private async make(): Promise<KeyPair | null> {
    return this.algorithm && makeKeyPair(this.algorithm);
  }

  private async renewIf(isWanted: (newest: SigningKey | null) => boolean) {
    const fresh = await this.make();
    if (!fresh) return null;
    return this.change(async (tx, keys) => {
      this.demandReadable(keys);
      const newest = this.newestOf(keys);
      if (!isWanted(newest)) return null;
      const activatesAt = this.nextActivation(keys);
      if (newest) await this.retire(tx, newest, activatesAt);
      return this.add(tx, fresh, activatesAt);
    });
  }

  /** A key of ours would be of no use to processes that have the SECRET_KEY of the others. */
  private demandReadable(keys: Keys): void {
    const lost = keys
      .filter((key) => isUnretired(key, this.clock.now()))
      .find((key) => !key.privateKey || !this.seal.open(key.privateKey, key));
    if (lost)
      throw new ConfigError([
        `SECRET_KEY: does not open the signing key ${lost.kid}, which was made under another; ` +
          'set that one again, or give up all keys by the command keys rotate --discard',
      ]);
  }

  /** The one of the configured algorithm without an end. */
  private newestOf(keys: Keys): SigningKey | null {
    const isNewest = (key: SigningKey) =>
      key.algorithm === this.algorithm && key.retiresAt === null;
    return keys.find(isNewest) ?? null;
  }

  /** At once where nothing is published, and so no verifier can have kept what was. */
  private nextActivation(keys: Keys): Date {
    const isPublished = keys.some((key) => isUnretired(key, this.clock.now()));
    return this.clock.inSeconds(isPublished ? PUBLISHED_BEFORE_SECONDS : 0);
  }

  private isOld(key: SigningKey): boolean {
    const dueAt = renewalDueAt(key, this.config.tokens.signingKeySeconds);
    return dueAt !== null && dueAt <= this.clock.now();
  }

  /** After one was taken out: whoever is left of the configured algorithm signs on, or `fresh`. */
  private async settle(tx: Tx, keys: Keys, fresh: KeyPair): Promise<void> {
    const now = this.clock.now();
    const unretired = keys.filter((key) => isUnretired(key, now));
    const isSigning = unretired.some((key) => isActive(key, now));
    const newest = this.newestOf(unretired);
    const heir = newest ?? unretired.find(({ algorithm }) => algorithm === this.algorithm);
    if (!heir) await this.add(tx, fresh, this.nextActivation(keys));
    else if (!newest) await this.keys.update(tx, heir.kid, { retiresAt: null, expiresAt: null });
    else if (!isSigning) await this.keys.update(tx, newest.kid, { activatesAt: now });
  }

  private async endWhatIsDone(tx: Tx, keys: Keys): Promise<void> {
    const now = this.clock.now();
    const longAgo = this.clock.inSeconds(-SLACK_SECONDS);
    const isOwnActive = keys.some(
      (key) => key.algorithm === this.algorithm && isUnretired(key, now) && isActive(key, now),
    );
    for (const key of keys) {
      if (key.privateKey && !isUnretired(key, longAgo))
        await this.keys.update(tx, key.kid, { privateKey: null });
      // The algorithm has been changed, and its successor signs.
      const isForeign = key.algorithm !== this.algorithm;
      if (isForeign && isUnretired(key, now) && (isOwnActive || !this.algorithm))
        await this.retire(tx, key, now);
    }
  }

  private retire(tx: Tx, { kid }: SigningKey, retiresAt: Date): Promise<void> {
    const { accessTokenSeconds } = this.config.tokens;
    const seconds = accessTokenSeconds + SLACK_SECONDS;
    const expiresAt = new Date(retiresAt.getTime() + seconds * 1000);
    return this.keys.update(tx, kid, { retiresAt, expiresAt });
  }

  private async end(tx: Tx, { kid, algorithm, retiresAt }: SigningKey): Promise<void> {
    const now = this.clock.now();
    await this.keys.update(tx, kid, {
      revokedAt: now,
      retiresAt: retiresAt && retiresAt < now ? retiresAt : now,
      expiresAt: now,
      privateKey: null,
    });
    await this.record(tx, 'signing_key_revoked', { kid, algorithm });
  }

  private async add(tx: Tx, pair: KeyPair, activatesAt: Date): Promise<SigningKey> {
    const { kid, algorithm, publicJwk } = pair;
    const key: SigningKey = {
      kid,
      algorithm,
      publicJwk,
      privateKey: this.seal.seal(pair.privateKey, pair),
      createdAt: this.clock.now(),
      activatesAt,
      retiresAt: null,
      expiresAt: null,
      revokedAt: null,
    };
    await this.keys.insert(tx, key);
    const details = { kid, algorithm, activatesAt: activatesAt.toISOString() };
    await this.record(tx, 'signing_key_created', details);
    return key;
  }

  private record(
    tx: Tx,
    action: 'signing_key_created' | 'signing_key_revoked',
    details: Readonly<Record<string, string>>,
  ): Promise<void> {
    return this.audit.record(tx, { action, actorId: null, subjectId: null, client: null, details });
  }
}
