import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createSecretKey,
  type KeyObject,
} from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Random } from '../../common/random/random';
import { AppConfig } from '../../config/app-config';
import { derivedKey } from '../signing-keys';
import type { KeyPair } from './key-pair';

type Name = Pick<KeyPair, 'kid' | 'algorithm'>;

const CIPHER = 'aes-256-gcm';
/** NIST SP 800-38D §5.2.1.1: 96 bits are what GCM is made for. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Private keys as bytes that only whoever has SECRET_KEY can read, so that a copy of the database
 * signs nothing. A sealed key is good under its own name alone: one that is moved to another row, or
 * to another algorithm, does not open.
 */
@Injectable()
export class KeySeal {
  private readonly key: KeyObject;

  constructor(
    config: AppConfig,
    private readonly random: Random,
  ) {
    this.key = createSecretKey(derivedKey(config.tokens.secretKey, 'signing keys'));
  }

  /** PKCS #8 under AES-256-GCM: what it was sealed with, the tag, the text. */
  seal(privateKey: KeyObject, name: Name): Buffer {
    const iv = Buffer.from(this.random.secret(IV_BYTES), 'base64url');
    const cipher = createCipheriv(CIPHER, this.key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(nameOf(name));
    const plain = privateKey.export({ format: 'der', type: 'pkcs8' });
    const text = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]);
  }

  /** The private key, or null for anything that was not sealed under this SECRET_KEY and name. */
  open(sealed: Buffer, name: Name): KeyObject | null {
    const iv = sealed.subarray(0, IV_BYTES);
    const tag = sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(nameOf(name));
      decipher.setAuthTag(tag);
      const text = sealed.subarray(IV_BYTES + TAG_BYTES);
      const plain = Buffer.concat([decipher.update(text), decipher.final()]);
      return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
    } catch {
      return null;
    }
  }
}

const nameOf = ({ kid, algorithm }: Name): Buffer => Buffer.from(`${kid}\n${algorithm}`);
