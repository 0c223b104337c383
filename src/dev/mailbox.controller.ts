import { Controller, Get, Header, Param, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../common/access/public.decorator';
import { Mailbox, type StoredMail } from '../mail/transports/mailbox';
import { MailNotFoundError } from './dev.errors';
import { toDetail, toSummary } from './mailbox.dto';
import { listPage, messagePage } from './mailbox-pages';

/** No script at all. The frame's `srcdoc` inherits this; the styles are those of the mails. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data: https: http:',
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Every mail sent in development, for people and (as JSON) for scripts. */
@ApiExcludeController()
@Public()
@Controller({ path: 'dev/mailbox', version: VERSION_NEUTRAL })
export class MailboxController {
  constructor(private readonly mailbox: Mailbox) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  @Header('Cache-Control', 'no-store')
  async list(): Promise<string> {
    return String(listPage(await this.mailbox.list()));
  }

  @Get('messages')
  @Header('Cache-Control', 'no-store')
  async messages() {
    const mails = await this.mailbox.list();
    return { count: mails.length, messages: mails.map(toSummary) };
  }

  @Get('messages/:id')
  @Header('Cache-Control', 'no-store')
  async message(@Param('id') id: string) {
    return toDetail(await this.getMail(id));
  }

  @Get(':id')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  @Header('Cache-Control', 'no-store')
  async show(@Param('id') id: string): Promise<string> {
    return String(messagePage(await this.getMail(id)));
  }

  private async getMail(id: string): Promise<StoredMail> {
    const mail = await this.mailbox.find(id);
    if (!mail) throw new MailNotFoundError();
    return mail;
  }
}
