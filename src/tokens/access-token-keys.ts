import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/time/clock';
import { type AccessTokenAlgorithm, AppConfig } from '../config/app-config';
import { headerOf } from './jws-header';
import { KeyRing } from './keys/key-ring';
import { SLACK_SECONDS } from './keys/key-times';
import { SigningKeys } from './signing-keys';
import { NoSigningKeyError } from './tokens.errors';

export interface VerifyingKey {
  readonly algorithm: AccessTokenAlgorithm;
  readonly verify: KeyObject;
}

export interface AccessTokenKey {
  readonly algorithm: AccessTokenAlgorithm;
  readonly sign: KeyObject;
  /** Null: SECRET_KEY, which has no name. */
  readonly kid: string | null;
}

/**
 * Which key an access token is signed with. Each has one algorithm, and the header's must be that
 * one: a token cannot choose how it is verified (RFC 8725 §3.1). Whatever else a header says, such
 * as `jwk` or `jku`, is not looked at.
 */
@Injectable()
export class AccessTokenKeys {
  constructor(
    private readonly config: AppConfig,
    private readonly shared: SigningKeys,
    private readonly ring: KeyRing,
    private readonly clock: Clock,
  ) {}

  /** @throws NoSigningKeyError */
  get current(): AccessTokenKey {
    if (this.isShared) return { ...this.shared.of('access'), kid: null };
    const key = this.ring.signer();
    if (!key?.privateKey) throw new NoSigningKeyError();
    return { algorithm: key.algorithm, sign: key.privateKey, kid: key.kid };
  }

  /** The one key that may have signed this token; null where none may. Proves nothing yet. */
  async find(accessToken: string): Promise<VerifyingKey | null> {
    const header = headerOf(accessToken);
    if (!header) return null;
    const key = header.kid === undefined ? this.keyWithoutName() : await this.keyOf(header.kid);
    return key?.algorithm === header.alg ? key : null;
  }

  private get isShared(): boolean {
    return this.config.tokens.accessTokenAlgorithm === 'HS256';
  }

  private async keyOf(kid: unknown): Promise<VerifyingKey | null> {
    const key = await this.ring.find(kid);
    return key && { algorithm: key.algorithm, verify: key.publicKey };
  }

  /**
   * SECRET_KEY: while it signs, and after that for as long as its last token may live. When that
   * was is known while the first key is; later nothing without a name is good.
   */
  private keyWithoutName(): VerifyingKey | null {
    const { accessTokenSeconds } = this.config.tokens;
    const since = this.ring.signsSince();
    const isLate = since && since <= this.clock.inSeconds(-accessTokenSeconds - SLACK_SECONDS);
    if (!this.isShared && (!since || isLate)) return null;
    const { algorithm, verify } = this.shared.of('access');
    return { algorithm, verify };
  }
}
