import { readFileSync } from 'node:fs';
import { Controller, Get, type INestApplication, Req, type Type, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { transformSync } from '@swc/core';
import type { JWTPayload } from 'jose';

/** Where the service is in docs/flows/signing-keys.md; its BACKEND_URL in tests of the examples. */
export const DOCUMENTED_URL = 'https://auth.example.com';
const JWKS = '/.well-known/jwks.json';

/** What the one example in this language exports, which fetches its keys from `origin` instead. */
function exampleIn(language: 'js' | 'ts', origin: string): unknown {
  const guide = readFileSync('docs/flows/signing-keys.md', 'utf8');
  const [, source, ...more] = guide.split(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms'));
  if (!source || more.length > 1) throw new Error(`not one example in ${language}`);
  const { code } = transformSync(source.replace(`${DOCUMENTED_URL}${JWKS}`, `${origin}${JWKS}`), {
    swcrc: false,
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
    },
    module: { type: 'commonjs' },
  });
  const module = { exports: {} };
  // oxlint-disable-next-line typescript/no-implied-eval
  new Function('require', 'module', 'exports', code)(require, module, module.exports);
  return module.exports;
}

/** The example for jose: the claims of a good access token. */
export const joseExample = (origin: string) =>
  (exampleIn('js', origin) as { claimsOf(accessToken: string): Promise<JWTPayload> }).claimsOf;

@Controller('things')
class ThingsController {
  @Get()
  @UseGuards(AuthGuard('jwt'))
  mine(@Req() request: { readonly user: unknown }): unknown {
    return request.user;
  }
}

/** Another Nest application, listening, that lets in whom the example's strategy does. */
export async function nestExample(origin: string): Promise<INestApplication> {
  const { AccessTokenStrategy } = exampleIn('ts', origin) as { AccessTokenStrategy: Type };
  const testing = await Test.createTestingModule({
    controllers: [ThingsController],
    providers: [AccessTokenStrategy],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app;
}
