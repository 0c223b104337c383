import type { OutboundHttp } from '../../common/http/outbound-http';
import type { AppConfig } from '../../config/app-config';
import { type MailMessage, MailTransport, PermanentMailError } from '../message';

type SendGridSettings = NonNullable<AppConfig['mail']['sendgrid']>;

/** Twilio SendGrid's v3 API. */
export class SendGridTransport extends MailTransport {
  constructor(
    private readonly http: OutboundHttp,
    private readonly sendgrid: SendGridSettings,
    private readonly mail: AppConfig['mail'],
  ) {
    super();
  }

  async send(message: MailMessage): Promise<void> {
    const { status } = await this.http.request(`${this.sendgrid.url}/v3/mail/send`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.sendgrid.apiKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(this.payload(message)),
    });
    if (status === 202) return;
    // 400: the message is not acceptable, 413: it is too large. All else, a wrong key included,
    // may be right the next time.
    const isFinal = status === 400 || status === 413;
    throw new (isFinal ? PermanentMailError : Error)(`SendGrid: answered ${status}`);
  }

  private payload(message: MailMessage) {
    const { fromEmail, fromName } = this.mail;
    const domain = fromEmail.slice(fromEmail.lastIndexOf('@') + 1);
    return {
      personalizations: [{ to: [{ email: message.to }] }],
      from: { email: fromEmail, name: fromName },
      subject: message.subject,
      content: [
        { type: 'text/plain', value: message.text },
        { type: 'text/html', value: message.html },
      ],
      headers: {
        'Message-ID': `<${message.id}@${domain}>`,
        'Auto-Submitted': 'auto-generated',
      },
      // Click tracking rewrites links to pass through SendGrid: a one-time secret would be told to
      // a third party, and over plain HTTP where link branding has no certificate.
      tracking_settings: {
        click_tracking: { enable: false, enable_text: false },
        open_tracking: { enable: false },
        subscription_tracking: { enable: false },
      },
    };
  }
}
