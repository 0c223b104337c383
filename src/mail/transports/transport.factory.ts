import type { OutboundHttp } from '../../common/http/outbound-http';
import type { AppConfig } from '../../config/app-config';
import type { MailTransport } from '../message';
import { Mailbox } from './mailbox';
import { MailboxTransport } from './mailbox.transport';
import { SendGridTransport } from './sendgrid.transport';
import { SmtpTransport } from './smtp.transport';

/**
 * The transport that is configured. Outside production every mail is also kept in the development
 * mailbox, and only there when nothing is configured; `loadConfig` refuses that in production.
 */
export function createTransport(config: AppConfig, http: OutboundHttp): MailTransport {
  const delivery = createDelivery(config.mail, http);
  if (config.environment !== 'production')
    return new MailboxTransport(new Mailbox(config), delivery);
  if (delivery === null) throw new Error('no mail transport is configured');
  return delivery;
}

function createDelivery(mail: AppConfig['mail'], http: OutboundHttp): MailTransport | null {
  if (mail.smtp) return new SmtpTransport(mail.smtp, mail);
  if (mail.sendgrid) return new SendGridTransport(http, mail.sendgrid, mail);
  return null;
}
