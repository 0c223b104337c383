import { Controller, Get, Module } from '@nestjs/common';
import { Permissions } from '../../src/common/access/permissions.decorator';
import type { Role } from '../../src/common/access/principal';
import { Public } from '../../src/common/access/public.decorator';
import { Roles } from '../../src/common/access/roles.decorator';
import { VerifiedEmail } from '../../src/common/access/verified-email.decorator';
import { demandPolicies, routesOf } from '../../src/route-table';
import { alter } from '../support/effects';
import { type Person, signedInAs, type Tokens } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

@Controller('offices')
@Roles('admin', 'user')
class OfficesController {
  @Get()
  enter() {
    return {};
  }

  @Get('safe')
  @Roles('admin')
  open() {
    return {};
  }

  @Get('archive')
  @Permissions('audit:read', 'mail:manage')
  read() {
    return {};
  }

  @Get('letters')
  @VerifiedEmail()
  write() {
    return {};
  }

  @Get('doorbell')
  @Public()
  ring() {
    return {};
  }
}

@Controller('attic')
class AtticController {
  @Get()
  climb() {
    return {};
  }
}

@Module({ controllers: [OfficesController] })
class OfficesModule {}

@Module({ controllers: [AtticController] })
class AtticModule {}

describe('a policy', () => {
  let test: TestApp;
  const people = {} as Record<Role, { person: Person; tokens: Tokens }>;

  beforeAll(async () => {
    test = await startTestApp({ imports: [OfficesModule] });
    for (const role of ['admin', 'user', 'guest'] as const)
      people[role] = await signedInAs(test, role);
  });
  afterAll(() => test.close());

  const as = async (role: Role, path: string) => {
    const { access_token: token } = people[role].tokens;
    const { status, body } = await test.api.get(path, { token });
    return status === 200 ? 'in' : body.code;
  };

  it.each([
    ['offices', 'in', 'in', 'forbidden'],
    ['offices/safe', 'in', 'forbidden', 'forbidden'],
    ['offices/archive', 'in', 'forbidden', 'forbidden'],
    ['offices/letters', 'in', 'in', 'forbidden'],
    ['offices/doorbell', 'in', 'in', 'in'],
  ])('of %s lets admin, user and guest: %s, %s, %s', async (path, admin, user, guest) => {
    expect([await as('admin', path), await as('user', path), await as('guest', path)]).toEqual([
      admin,
      user,
      guest,
    ]);
  });

  it('that asks for a role lets nobody in without a session', async () => {
    expectProblem(await test.api.get('offices/safe'), 401, 'unauthenticated');
    expect((await test.api.get('offices/doorbell')).status).toBe(200);
  });

  it('of a handler adds to that of its controller', async () => {
    const { person, tokens } = people.user;
    await alter(test, person, 'email_verified_at = NULL');
    const { access_token: token } = tokens;
    expect((await test.api.get('offices', { token })).status).toBe(200);
    expectProblem(await test.api.get('offices/letters', { token }), 403, 'email_not_verified');
  });

  it('says nothing of what else is missing to somebody without the role', async () => {
    const { person, tokens } = people.guest;
    await alter(test, person, 'email_verified_at = NULL');
    const answer = await test.api.get('offices/letters', { token: tokens.access_token });
    expectProblem(answer, 403, 'forbidden');
  });

  it('is missed at the start, by the name of the route', () => {
    expect(() => demandPolicies(routesOf(AtticModule))).toThrow('GET /api/v1/attic');
  });
});
