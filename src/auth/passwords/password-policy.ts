import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../../config/app-config';
import { BreachedPasswords } from './breached-passwords';
import { brokenRules, type PasswordOwner } from './password-rules';
import { WeakPasswordError } from './passwords.errors';
import { loadStrengthMeter, type StrengthMeter } from './strength-meter';

const BREACHED =
  'It is known from data breaches, so attackers try it first: change it wherever else you use it.';

/** Decides which new passwords are good enough. Old ones are never held to it. */
@Injectable()
export class PasswordPolicy implements OnModuleInit {
  private meter: StrengthMeter | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly breached: BreachedPasswords,
  ) {}

  /** Loads the dictionaries before the first request instead of during it. */
  onModuleInit(): void {
    if (this.config.passwords.minStrength > 0) this.meter ??= loadStrengthMeter();
  }

  /**
   * Returns if the password may be set for its owner. Cheap rules come first and are reported
   * together; a password is only sent on (as five characters of its hash) when all else is well.
   * @param pointer where the request has the password, as a JSON Pointer
   * @throws WeakPasswordError that says what to do better
   */
  async check(password: string, about: PasswordOwner, pointer = '/password'): Promise<void> {
    const { checkBreached } = this.config.passwords;
    const broken = brokenRules(password, about, this.config.passwords);
    if (broken.length > 0) throw new WeakPasswordError(broken, pointer);
    const advice = this.adviceOnStrength(password, about);
    if (advice) throw new WeakPasswordError([advice], pointer);
    if (checkBreached && (await this.breached.includes(password)))
      throw new WeakPasswordError([BREACHED], pointer);
  }

  private adviceOnStrength(password: string, about: PasswordOwner): string | null {
    const { minStrength } = this.config.passwords;
    if (minStrength === 0) return null;
    this.meter ??= loadStrengthMeter();
    const { score, advice } = this.meter(password, about);
    return score < minStrength ? `It is too easy to guess. ${advice}` : null;
  }
}
