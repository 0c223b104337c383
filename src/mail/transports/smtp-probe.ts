import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpSettings } from '../../config/app-config';
import { connectionOptions } from './smtp.transport';

export interface SmtpFacts {
  readonly isEncrypted: boolean;
  /** False where no user is configured. */
  readonly isSignedIn: boolean;
}

/**
 * Goes as far as a mail would, up to signing in, and hangs up.
 * @throws Error with the server's own words or the network's; its `code` is EAUTH where user and
 * password are refused
 */
export async function probeSmtp(smtp: SmtpSettings): Promise<SmtpFacts> {
  const connection = new SMTPConnection(connectionOptions(smtp));
  try {
    await connect(connection);
    if (smtp.user !== null) await signIn(connection, smtp.user, smtp.password ?? '');
    return { isEncrypted: connection.secure, isSignedIn: connection.authenticated };
  } finally {
    connection.close();
  }
}

function connect(connection: SMTPConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    // Without one of these a server that hangs up would leave us waiting.
    connection.on('end', () => reject(new Error('the server hung up')));
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
}

function signIn(connection: SMTPConnection, user: string, pass: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    connection.on('end', () => reject(new Error('the server hung up')));
    connection.login({ user, pass }, (error) => (error ? reject(error) : resolve()));
  });
}
