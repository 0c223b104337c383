import type { OutboundHttp } from '../../common/http/outbound-http';
import type { AppConfig, SmtpSettings } from '../../config/app-config';
import { probeSmtp } from '../../mail/transports/smtp-probe';
import { isLoopback } from '../../mail/transports/smtp.transport';
import { type Finding, findingsOf } from './finding';

const mail = findingsOf('mail');

/** https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys */
const SENDGRID_KEY = /^SG\.[\w-]{22}\.[\w-]{43}$/;

/** Whether mails can go out, without sending one. SendGrid is asked only with `online`. */
export async function checkMail(
  { mail: settings, process }: AppConfig,
  http: OutboundHttp,
  online: boolean,
): Promise<Finding[]> {
  if (settings.smtp) return [await checkSmtp(settings.smtp)];
  if (settings.sendgrid) return [await checkSendGrid(settings.sendgrid, http, online)];
  return [mail.ok(`stays in the development mailbox, ${process.dataDir}/mailbox`)];
}

async function checkSmtp(smtp: SmtpSettings): Promise<Finding> {
  const where = `${smtp.host}:${smtp.port}`;
  try {
    const { isEncrypted, isSignedIn } = await probeSmtp(smtp);
    const facts = `${where} answers, ${isEncrypted ? 'with' : 'without'} TLS${isSignedIn ? ', and takes our user' : ''}`;
    return isEncrypted || isLoopback(smtp.host)
      ? mail.ok(facts)
      : mail.warn(facts, 'Mails with links travel in the clear: use a server that offers TLS.');
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const fix =
      code === 'EAUTH'
        ? 'Correct SMTP_USER and SMTP_PASSWORD.'
        : 'Correct SMTP_HOST, SMTP_PORT and SMTP_SECURE (true on port 465), or see that server.';
    return mail.fail(`${where}: ${message.split('\n', 1)[0]}`, fix);
  }
}

async function checkSendGrid(
  { apiKey, url }: NonNullable<AppConfig['mail']['sendgrid']>,
  http: OutboundHttp,
  online: boolean,
): Promise<Finding> {
  const fix = 'Make an API key that may send mail, and set SENDGRID_API_KEY to the whole of it.';
  if (!SENDGRID_KEY.test(apiKey))
    return mail.warn('SENDGRID_API_KEY does not look like a key of SendGrid', fix);
  if (!online) return mail.ok('SENDGRID_API_KEY looks like a key; --online asks SendGrid');
  try {
    const headers = { authorization: `Bearer ${apiKey}` };
    const { status, text } = await http.request(`${url}/v3/scopes`, { headers });
    return status === 200 && text.includes('"mail.send"')
      ? mail.ok('SendGrid takes our key, which may send mail')
      : mail.fail(`SendGrid answers ${status} to our key, or it may not send mail`, fix);
  } catch (error) {
    return mail.fail(
      `SendGrid: ${(error as Error).message}`,
      'Let this machine reach it by https.',
    );
  }
}
