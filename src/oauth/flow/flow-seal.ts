import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import { derivedKey } from '../../tokens/signing-keys';
import type { Flow } from './flow';

const AUDIENCE = 'gatehouse oauth flow';

/**
 * Flows as text that only this service can read or make: a JWE with A256GCM (RFC 7516), under a
 * key of its own.
 */
@Injectable()
export class FlowSeal {
  private readonly key: KeyObject;

  constructor(
    config: AppConfig,
    private readonly clock: Clock,
  ) {
    this.key = createSecretKey(derivedKey(config.tokens.secretKey, 'oauth flow'));
  }

  seal({ expiresAt, ...flow }: Flow): Promise<string> {
    return new EncryptJWT({ flow })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setAudience(AUDIENCE)
      .setExpirationTime(expiresAt)
      .encrypt(this.key);
  }

  /** The flow, or null for anything that was not sealed here or has expired. */
  async open(sealed: string): Promise<Flow | null> {
    try {
      const { payload } = await jwtDecrypt<{ flow: Omit<Flow, 'expiresAt'> }>(sealed, this.key, {
        audience: AUDIENCE,
        currentDate: this.clock.now(),
        requiredClaims: ['exp'],
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      return { ...payload.flow, expiresAt: new Date(payload.exp! * 1000) };
    } catch {
      return null;
    }
  }
}
