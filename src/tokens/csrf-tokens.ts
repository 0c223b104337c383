import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config';
import { derivedKey } from './signing-keys';

/**
 * One token for each session, computed from its id and a key of ours: nobody else can make it, it
 * fits no other session, and two tabs of one browser never invalidate each other's.
 */
@Injectable()
export class CsrfTokens {
  private readonly key: KeyObject;

  constructor(config: AppConfig) {
    this.key = createSecretKey(derivedKey(config.tokens.secretKey, 'csrf'));
  }

  /** HMAC-SHA256, base64url. */
  of(sessionId: string): string {
    return createHmac('sha256', this.key).update(sessionId).digest('base64url');
  }

  /** Compares in a time that does not depend on where the two differ. */
  isOf(sessionId: string, csrfToken: string): boolean {
    const [given, wanted] = [Buffer.from(csrfToken), Buffer.from(this.of(sessionId))];
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
