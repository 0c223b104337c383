import { createTransport, type SMTPPoolOptions } from 'nodemailer';
import type { AppConfig, SmtpSettings } from '../../config/app-config';
import { type MailMessage, MailTransport, PermanentMailError } from '../message';

/** Any SMTP server, over a pool of connections. TLS from the start, or STARTTLS where offered. */
export class SmtpTransport extends MailTransport {
  /** `MailTransport.send` promises 45; the rest is room to hang up. */
  protected readonly sendSeconds: number = 40;
  private readonly pool;
  private readonly from: { name: string; address: string };
  private readonly domain: string;
  private readonly attempts = new Set<AbortController>();

  constructor(smtp: SmtpSettings, mail: AppConfig['mail']) {
    super();
    this.pool = createTransport(poolOptions(smtp));
    this.from = { name: mail.fromName, address: mail.fromEmail };
    this.domain = mail.fromEmail.slice(mail.fromEmail.lastIndexOf('@') + 1);
  }

  async send(message: MailMessage): Promise<void> {
    const attempt = new AbortController();
    this.attempts.add(attempt);
    // The socket time-outs restart with every byte; a server that trickles needs this one.
    const timer = setTimeout(() => attempt.abort(), this.sendSeconds * 1000);
    try {
      await this.pool.sendMail({
        from: this.from,
        // An object is one recipient whatever it holds; a string would be parsed as a list.
        to: { name: '', address: message.to },
        subject: message.subject,
        html: message.html,
        text: message.text,
        messageId: `<${message.id}@${this.domain}>`,
        // Keeps vacation responders quiet (RFC 3834 §5).
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: attempt.signal,
      });
    } catch (error) {
      throw withoutAddress(error as SmtpError);
    } finally {
      clearTimeout(timer);
      this.attempts.delete(attempt);
    }
  }

  override async close(): Promise<void> {
    for (const attempt of this.attempts) attempt.abort();
    this.pool.close();
  }
}

/** How a connection is made and secured. */
export const connectionOptions = (smtp: SmtpSettings) => ({
  host: smtp.host,
  port: smtp.port,
  secure: smtp.secure,
  // A password must not go over the wire in the clear because somebody left STARTTLS out.
  requireTLS: smtp.user !== null && !isLoopback(smtp.host),
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 20_000,
});

const poolOptions = (smtp: SmtpSettings): SMTPPoolOptions & { pool: true } => ({
  ...connectionOptions(smtp),
  pool: true,
  auth: smtp.user === null ? undefined : { user: smtp.user, pass: smtp.password ?? '' },
  // Nothing in a message may make the mailer read a file or fetch a URL.
  disableFileAccess: true,
  disableUrlAccess: true,
});

/** A host that no wire leads to. */
export const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|::1)$/.test(host);

/** What nodemailer adds to its errors. */
interface SmtpError extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  /** A 5xx reply, except 503, which is about the session and not about the message. */
  readonly permanent?: boolean;
}

/** A server's reply often quotes the recipient, so of it only the numbers go on to the logs. */
function withoutAddress(error: SmtpError): Error {
  const { code, command, responseCode, permanent, message } = error;
  const facts = [code, command, responseCode].filter((fact) => fact !== undefined).join(' ');
  const refusedHere = code === 'EENVELOPE' && command === 'API';
  const refusedThere = permanent === true && (command === 'RCPT TO' || command === 'DATA');
  if (refusedHere || refusedThere) return new PermanentMailError(`SMTP: refused, ${facts}`);
  return new Error(command === 'CONN' ? `SMTP: ${facts}: ${message}` : `SMTP: failed, ${facts}`);
}
