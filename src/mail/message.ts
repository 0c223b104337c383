export interface MailMessage {
  /** The outbox row's id. It becomes the Message-ID, so that a mail sent twice is one mail. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export abstract class MailTransport {
  /**
   * Hands the message over, once, within 45 seconds.
   * @throws PermanentMailError when it can never be delivered
   * @throws Error when a later attempt may succeed; neither message holds an address or content
   */
  abstract send(message: MailMessage): Promise<void>;

  /** Lets go of connections, at once: what is being sent fails as if the other side had hung up. */
  close?(): Promise<void>;
}

/** The receiving side refused this message for good: trying again is pointless. */
export class PermanentMailError extends Error {
  override readonly name = 'PermanentMailError';
}
