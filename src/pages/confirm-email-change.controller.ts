import { Body, Controller, Get, Post, Query, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { InvalidLinkTokenError } from '../auth/auth.errors';
import { EmailChangeService } from '../auth/email-change/email-change.service';
import { Public } from '../common/access/public.decorator';
import { AcceptsForm } from '../common/http/body-parsers';
import { type Client, FromClient } from '../common/http/client';
import { html } from '../common/http/html';
import { AppConfig } from '../config/app-config';
import { EmailTakenError } from '../users/users.errors';
import { actionForm, BAD_LINK, fieldOf, type Page, sendPage } from './page';

@ApiExcludeController()
@Public()
@Controller({ path: 'pages/confirm-email-change', version: VERSION_NEUTRAL })
export class ConfirmEmailChangePage {
  constructor(
    private readonly changes: EmailChangeService,
    private readonly config: AppConfig,
  ) {}

  @Get()
  async show(@Query() query: Record<string, unknown>, @Res() reply: FastifyReply): Promise<void> {
    const linkToken = fieldOf(query, 'token');
    const isGood = await this.changes.isGood(linkToken);
    sendPage(reply, this.config, isGood ? askToConfirm(linkToken) : BAD_LINK);
  }

  @Post()
  @AcceptsForm()
  async act(
    @Body() form: Record<string, unknown>,
    @FromClient() client: Client,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const page = await this.changes
      .confirm(fieldOf(form, 'token'), client)
      .then(() => this.done(), refusal);
    sendPage(reply, this.config, page);
  }

  private done(): Page {
    return {
      title: 'Your address is changed',
      body: html`<p>From now on you sign in with this address. Your other sessions have ended.</p>`,
      goOnTo: `${this.config.addresses.frontendUrl}/login?detail=email_changed`,
    };
  }
}

const askToConfirm = (linkToken: string): Page => ({
  title: 'Use this address from now on?',
  body: html`<p>
      Your account moves to the address that this link was sent to, and your other sessions end.
    </p>
    ${actionForm('/pages/confirm-email-change', linkToken, null, 'Use this address')}`,
});

const TAKEN: Page = {
  title: 'This address is taken',
  status: 409,
  body: html`<p>Another account uses it, so nothing was changed. Choose a different address.</p>`,
};

function refusal(error: unknown): Page {
  if (error instanceof InvalidLinkTokenError) return BAD_LINK;
  if (error instanceof EmailTakenError) return TAKEN;
  throw error;
}
