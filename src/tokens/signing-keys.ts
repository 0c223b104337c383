import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config';
import type { TokenType } from './token-claims';

interface TokenKey {
  readonly algorithm: 'HS256';
  readonly sign: KeyObject;
  readonly verify: KeyObject;
}

/**
 * One key for each type of token. Access tokens are signed with SECRET_KEY itself, so that a
 * backend that shares it can check them, unless `AccessTokenKeys` has others for them; every other
 * type has a key derived from it (HKDF-SHA256, RFC 5869), so a token of one type has no valid
 * signature as another. KeyObjects, because jsonwebtoken parses a string anew at every call.
 */
@Injectable()
export class SigningKeys {
  private readonly keys: Readonly<Record<TokenType, TokenKey>>;

  constructor(config: AppConfig) {
    const secret = config.tokens.secretKey;
    this.keys = {
      access: hs256(Buffer.from(secret, 'utf8')),
      refresh: hs256(derive(secret, 'refresh')),
      email_verification: hs256(derive(secret, 'email_verification')),
      password_reset: hs256(derive(secret, 'password_reset')),
      email_change: hs256(derive(secret, 'email_change')),
    };
  }

  of(type: TokenType): TokenKey {
    return this.keys[type];
  }
}

function hs256(bytes: Buffer): TokenKey {
  const key = createSecretKey(bytes);
  return { algorithm: 'HS256', sign: key, verify: key };
}

const derive = (secret: string, type: TokenType): Buffer => derivedKey(secret, `token ${type}`);

/** 32 bytes for one purpose, from which neither SECRET_KEY nor another purpose's key follows. */
export const derivedKey = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `gatehouse ${purpose}`, 32));
