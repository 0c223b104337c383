import { readFileSync } from 'node:fs';
import { Controller, Get, Module } from '@nestjs/common';
import { AppModule } from '../../src/app.module';
import { loadConfig } from '../../src/config/env';
import { demandPolicies, renderRoutes, routesOf } from '../../src/route-table';

@Controller('forgotten')
class ForgottenController {
  @Get('secrets')
  secrets() {}
}

@Module({ controllers: [ForgottenController] })
class ForgottenModule {}

it('has the policies and limits of routes.txt, which `npm run routes` prints, and no others', () => {
  const config = loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'for-a-table-nobody-signs-in-to' });
  const routes = routesOf(AppModule.register(config, { options: {} }));
  expect(`${renderRoutes(routes)}\n`).toBe(readFileSync('test/architecture/routes.txt', 'utf8'));
});

it('refuses to start with a route that declares no policy', () => {
  expect(() => demandPolicies(routesOf(ForgottenModule))).toThrow(
    'No access policy is declared on: GET /api/v1/forgotten/secrets',
  );
});
