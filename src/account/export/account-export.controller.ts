import { Readable } from 'node:stream';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { Clock } from '../../common/time/clock';
import type { SignedInUser } from '../../users/account';
import { toSubscriptionDto } from '../../users/subscriptions/subscription.dto';
import { toUserDto, type UserDto } from '../../users/user.dto';
import {
  AccountExportDto,
  toExportedEvent,
  toExportedLinkedAccount,
  toExportedMail,
  toExportedSession,
} from './account-export.dto';
import { type AccountExport, AccountExportService } from './account-export.service';
import { jsonDocument } from './json-document';

@ApiTags('users')
@SignedIn()
@Controller('users/me/export')
export class AccountExportController {
  constructor(
    private readonly exports: AccountExportService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Download everything held about you',
    description: 'All but what proves who you are: no hashes and no tokens.',
  })
  @ApiOkResponse({ type: AccountExportDto })
  async download(
    @CurrentUser() { account }: SignedInUser,
    @FromClient() client: Client,
    @Req() { method }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const now = this.clock.now();
    const day = now.toISOString().slice(0, 10);
    // Nothing is taken along with a HEAD.
    const held = method === 'HEAD' ? null : await this.exports.export(account, client);
    void reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('content-disposition', `attachment; filename="gatehouse-export-${day}.json"`)
      .header('cache-control', 'no-store');
    const document = held && jsonDocument(this.membersOf(account, held, now));
    await reply.send(document && Readable.from(document));
  }

  private membersOf(
    account: SignedInUser['account'],
    { subscription, identities, sessions, mails, events }: AccountExport,
    now: Date,
  ): { readonly [M in keyof AccountExportDto]: AccountExportDto[M] | AsyncIterable<object> } {
    const user: Readonly<UserDto> = toUserDto(account, now);
    return {
      format: 1,
      exported_at: now.toISOString(),
      profile: { ...user, locale: account.locale },
      subscription: subscription && toSubscriptionDto(subscription, now),
      linked_accounts: identities.map(toExportedLinkedAccount),
      sessions: mapped(sessions, toExportedSession),
      mails: mapped(mails, toExportedMail),
      security_events: mapped(events, toExportedEvent),
    };
  }
}

async function* mapped<T, U>(rows: AsyncIterable<T>, toDto: (row: T) => U): AsyncGenerator<U> {
  for await (const row of rows) yield toDto(row);
}
