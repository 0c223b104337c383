import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnModuleInit,
} from '@nestjs/common';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import type { PublicJwk, SigningAlgorithm } from './key-pair';
import { KeyRotation } from './key-rotation.service';
import { KeySeal } from './key-seal';
import { isUnretired, RELOAD_SECONDS, signerOf, verifies } from './key-times';
import type { SigningKey } from './signing-key.entity';
import { SigningKeysRepository } from './signing-keys.repository';

/** A key of the table, ready for use. */
export interface RingKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: KeyObject;
  /** Null where this process has no use for it, or cannot open it. */
  readonly privateKey: KeyObject | null;
  readonly publicJwk: PublicJwk;
  readonly activatesAt: Date;
  readonly retiresAt: Date | null;
  readonly expiresAt: Date | null;
}

/** Whoever makes up kids causes a query no more often than this. */
const LEAST_BETWEEN_LOOKS_MS = 3_000;
/** SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/;

/**
 * The keys of access tokens as this process knows them: read at the start, twice a minute, and when
 * a token names one that it does not know. Between those nothing asks the database.
 */
@Injectable()
export class KeyRing implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(KeyRing.name);
  private keys: ReadonlyMap<string, RingKey> = new Map();
  private timer?: NodeJS.Timeout;
  private reloading: Promise<void> = Promise.resolve();
  private looking: Promise<void> = Promise.resolve();
  private lookedAt = -Infinity;
  private reads = 0;
  private adopted = 0;

  constructor(
    private readonly repository: SigningKeysRepository,
    private readonly rotation: KeyRotation,
    private readonly seal: KeySeal,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** @throws ConfigError if SECRET_KEY does not open a key that signs, or will */
  async onModuleInit(): Promise<void> {
    await this.rotation.ensure();
    await this.reload();
    this.timer = setInterval(() => this.reloadSafely(), RELOAD_SECONDS * 1000).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.reloading;
  }

  /** Reads all keys anew; where none is left that signs, one is made. */
  async reload(): Promise<void> {
    await this.adopt();
    if (!this.signsByKey || this.signer()) return;
    await this.rotation.ensure();
    await this.adopt();
  }

  /**
   * The key of this name, if what it signed is good now. Looks again for a name that it does not
   * know, if it has not done so just now.
   */
  async find(kid: unknown): Promise<RingKey | null> {
    if (typeof kid !== 'string' || !THUMBPRINT.test(kid)) return null;
    if (!this.keys.has(kid)) await this.lookAgain();
    const key = this.keys.get(kid);
    return key && verifies(key, this.clock.now()) ? key : null;
  }

  /** The key that signs now; null where none does. */
  signer(): RingKey | null {
    const able = [...this.keys.values()].filter(({ privateKey }) => privateKey);
    return signerOf(able, this.config.tokens.accessTokenAlgorithm, this.clock.now());
  }

  /** Those that verify, now or soon. */
  published(): RingKey[] {
    return [...this.keys.values()].filter((key) => verifies(key, this.clock.now()));
  }

  /** When the first key that is remembered began to sign; null where there is none. */
  signsSince(): Date | null {
    // The repository lists them in this order.
    const [first] = this.keys.values();
    return first?.activatesAt ?? null;
  }

  private get signsByKey(): boolean {
    return this.config.tokens.accessTokenAlgorithm !== 'HS256';
  }

  private async lookAgain(): Promise<void> {
    const now = this.clock.now().getTime();
    // Without a sign, for a clock that was set back.
    if (Math.abs(now - this.lookedAt) >= LEAST_BETWEEN_LOOKS_MS) {
      this.lookedAt = now;
      this.looking = this.reload();
    }
    await this.looking;
  }

  private async adopt(): Promise<void> {
    const read = ++this.reads;
    const rows = await this.repository.list();
    // Somebody who asked later has been answered already: these may lack a revocation.
    if (read < this.adopted) return;
    this.adopted = read;
    this.keys = new Map(rows.map((row) => [row.kid, this.keyOf(row)]));
  }

  private keyOf(row: SigningKey): RingKey {
    const { kid, algorithm, publicJwk, activatesAt, retiresAt, expiresAt } = row;
    return {
      kid,
      algorithm,
      publicKey:
        this.keys.get(kid)?.publicKey ?? createPublicKey({ key: publicJwk, format: 'jwk' }),
      privateKey: this.privateKeyOf(row),
      publicJwk,
      activatesAt,
      retiresAt,
      expiresAt,
    };
  }

  private privateKeyOf(row: SigningKey): KeyObject | null {
    const { kid, privateKey } = row;
    if (!this.signsByKey || !privateKey || !isUnretired(row, this.clock.now())) return null;
    const known = this.keys.get(kid)?.privateKey;
    if (known) return known;
    const opened = this.seal.open(privateKey, row);
    if (!opened) this.logger.error({ msg: 'SECRET_KEY does not open a signing key', kid });
    return opened;
  }

  private reloadSafely(): void {
    this.reloading = this.reload().catch((error: unknown) => {
      this.logger.warn({ msg: 'signing keys not read', err: error });
    });
  }
}
