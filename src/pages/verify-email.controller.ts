import { Body, Controller, Get, Post, Query, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { InvalidLinkTokenError } from '../auth/auth.errors';
import {
  EmailVerificationService,
  type Verification,
} from '../auth/email-verification/email-verification.service';
import { Public } from '../common/access/public.decorator';
import { AcceptsForm } from '../common/http/body-parsers';
import { type Client, FromClient } from '../common/http/client';
import { html } from '../common/http/html';
import { AppConfig } from '../config/app-config';
import { actionForm, BAD_LINK, fieldOf, type Page, sendPage } from './page';

@ApiExcludeController()
@Public()
@Controller({ path: 'pages/verify-email', version: VERSION_NEUTRAL })
export class VerifyEmailPage {
  constructor(
    private readonly verifications: EmailVerificationService,
    private readonly config: AppConfig,
  ) {}

  @Get()
  show(@Query() query: Record<string, unknown>, @Res() reply: FastifyReply): void {
    const linkToken = fieldOf(query, 'token');
    sendPage(reply, this.config, linkToken ? askToVerify(linkToken) : BAD_LINK);
  }

  @Post()
  @AcceptsForm()
  async act(
    @Body() form: Record<string, unknown>,
    @FromClient() client: Client,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const outcome = await this.verifications
      .confirm(fieldOf(form, 'token'), client)
      .catch(nullIfInvalid);
    sendPage(reply, this.config, outcome ? this.done(outcome) : BAD_LINK);
  }

  private done(outcome: Verification): Page {
    const isNew = outcome === 'verified';
    const detail = isNew ? 'email_verified' : 'already_verified';
    return {
      title: isNew ? 'Your address is verified' : 'Your address was verified already',
      body: html`<p>You can sign in now.</p>`,
      goOnTo: `${this.config.addresses.frontendUrl}/login?detail=${detail}`,
    };
  }
}

const askToVerify = (linkToken: string): Page => ({
  title: 'Verify your e-mail address',
  body: html`<p>Confirm that this address is yours, and your account is ready to use.</p>
    ${actionForm('/pages/verify-email', linkToken, null, 'Verify my address')}`,
});

function nullIfInvalid(error: unknown): null {
  if (error instanceof InvalidLinkTokenError) return null;
  throw error;
}
