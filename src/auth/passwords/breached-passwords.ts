import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { OutboundHttp } from '../../common/http/outbound-http';
import { AppConfig } from '../../config/app-config';
import { Telemetry } from '../../telemetry/telemetry';

const PREFIX_LENGTH = 5;
/** The other 35 hexadecimal digits of a SHA-1 and how often it was seen. */
const LINE = /^([0-9A-F]{35}):(\d+)$/i;

/**
 * Asks a Pwned Passwords range service, which learns five characters of the hash and, because the
 * answer is padded, not even its true size (https://haveibeenpwned.com/API/v3#PwnedPasswords).
 */
@Injectable()
export class BreachedPasswords {
  private readonly logger = new Logger(BreachedPasswords.name);

  constructor(
    private readonly config: AppConfig,
    private readonly http: OutboundHttp,
    private readonly telemetry: Telemetry,
  ) {}

  /** Whether the service has seen the password; false, with a warning, when it cannot tell. */
  async includes(password: string): Promise<boolean> {
    const hash = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
    try {
      const range = await this.fetchRange(hash.slice(0, PREFIX_LENGTH));
      const isKnown = (range.get(hash.slice(PREFIX_LENGTH)) ?? 0) > 0;
      this.telemetry.breachLookup(isKnown ? 'breached' : 'ok');
      return isKnown;
    } catch (error) {
      this.telemetry.breachLookup('unavailable');
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.warn(`accepted a password without the breach check: ${reason}`);
      return false;
    }
  }

  /** Counts by the rest of the hash. Padding has the count 0. */
  private async fetchRange(prefix: string): Promise<ReadonlyMap<string, number>> {
    const url = `${this.config.passwords.breachedUrl}/${prefix}`;
    const { status, text } = await this.http.request(url, { headers: { 'Add-Padding': 'true' } });
    if (status !== 200) throw new Error(`the range service answered ${status}`);
    const counts = new Map<string, number>();
    for (const line of text.split(/\r?\n/)) {
      const [, rest, count] = LINE.exec(line.trim()) ?? [];
      if (rest) counts.set(rest.toUpperCase(), Number(count));
    }
    if (counts.size === 0) throw new Error('the range service answered something else');
    return counts;
  }
}
