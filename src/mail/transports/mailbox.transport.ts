import { type MailMessage, MailTransport } from '../message';
import type { Mailbox } from './mailbox';

/** Records what was sent in the development mailbox, after `delivery` sent it, if there is one. */
export class MailboxTransport extends MailTransport {
  constructor(
    private readonly mailbox: Mailbox,
    private readonly delivery: MailTransport | null = null,
  ) {
    super();
  }

  async send(message: MailMessage): Promise<void> {
    await this.delivery?.send(message);
    await this.mailbox.store(message);
  }

  override async close(): Promise<void> {
    await this.delivery?.close?.();
  }
}
