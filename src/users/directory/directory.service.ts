import { Injectable } from '@nestjs/common';
import { ForbiddenError } from '../../common/access/access.errors';
import { isGranted } from '../../common/access/permissions';
import type { Role } from '../../common/access/principal';
import { ValidationFailedError } from '../../common/http/http.errors';
import { cursorAt, readCursor } from '../../common/http/pages';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import type { Account, SignedInUser } from '../account';
import { UserNotFoundError } from '../users.errors';
import { UsersRepository } from '../users.repository';
import { DirectoryRepository, type UserCounts, type UserFilter } from './directory.repository';
import { isPositionIn, type ListOrder } from './list-order';

export interface ListRequest {
  readonly skip?: number;
  readonly limit: number;
  readonly order: ListOrder;
  readonly role?: Role;
  readonly isActive?: boolean;
  readonly search?: string;
  readonly cursor?: string;
}

/** What a caller may know of a user: all of the account, or the public profile in it. */
export interface Entry {
  readonly account: Account;
  readonly isWhole: boolean;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** Of all pages. */
  readonly total: number;
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

export type UserStats = UserCounts;

const RECENT_SECONDS = 30 * 24 * 60 * 60;

/** Who there is, as far as the caller may know. */
@Injectable()
export class DirectoryService {
  constructor(
    private readonly directory: DirectoryRepository,
    private readonly users: UsersRepository,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /**
   * One page: whole accounts for those who may read users, else public profiles of the active; where
   * accounts are hidden, of none who has yet to verify an address. What a public profile does not
   * show can neither be filtered nor sorted by.
   * @throws ForbiddenError, ValidationFailedError
   */
  async list({ role: caller }: SignedInUser, request: ListRequest): Promise<Page> {
    const isWhole = isGranted(caller, 'users:read');
    const { order, limit, skip = 0, cursor } = request;
    if (!isWhole) demandPublic(request);
    if (cursor !== undefined && request.skip !== undefined)
      throw new ValidationFailedError([
        { pointer: '/skip', detail: 'must not come with a cursor' },
      ]);
    const filter: UserFilter = {
      searchesAll: isWhole,
      search: request.search,
      role: request.role,
      isActive: isWhole ? request.isActive : true,
      isProven: !isWhole && this.hidesUnproven,
    };
    const list = ['users', order, isWhole, request.search, request.role, request.isActive];
    const after = cursor === undefined ? null : readCursor(list, cursor, isPositionIn(order));
    // One more than asked for tells whether there is a next page.
    const rows = await this.directory.list(filter, { order, after, skip, most: limit + 1 });
    // Where the list ends with the page that it begins with, its length is told by that page.
    const isWholeList = after === null && skip === 0 && rows.length <= limit;
    const total = isWholeList ? rows.length : await this.directory.count(filter);
    const page = rows.slice(0, limit);
    return {
      entries: page.map(({ account }) => ({ account, isWhole })),
      total,
      nextCursor: rows.length > limit ? cursorAt(list, page.at(-1)!.position) : null,
    };
  }

  /**
   * One's own account is whole to anybody.
   * @throws ForbiddenError, UserNotFoundError; to others, whom the list leaves out does not exist
   */
  async get(caller: SignedInUser, id: string): Promise<Entry> {
    if (id === caller.userId) return { account: caller.account, isWhole: true };
    const isWhole = isGranted(caller.role, 'users:read');
    if (!isWhole && !isGranted(caller.role, 'profiles:read')) throw new ForbiddenError();
    const account = await this.users.findById(id);
    if (!account || !(isWhole || this.isPublic(account))) throw new UserNotFoundError();
    return { account, isWhole };
  }

  stats(): Promise<UserStats> {
    return this.directory.counts(this.clock.inSeconds(-RECENT_SECONDS));
  }

  private isPublic({ isActive, email, emailVerifiedAt }: Account): boolean {
    return isActive && !(this.hidesUnproven && email !== null && emailVerifiedAt === null);
  }

  /** Or whoever signs up with somebody's address would see here whether that made an account. */
  private get hidesUnproven(): boolean {
    return this.config.signIn.registrationHidesAccounts;
  }
}

function demandPublic({ role, isActive, order }: ListRequest): void {
  if (role !== undefined || isActive !== undefined || order.endsWith('last_login_at'))
    throw new ForbiddenError();
}
