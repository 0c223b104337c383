import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { createOpenApiDocument } from './openapi';

const REDOC_SCRIPT = '/redoc/redoc.standalone.js';

const REDOC_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Gatehouse API</title>
<link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="margin:0"><redoc spec-url="/openapi.json"></redoc>
<script src="${REDOC_SCRIPT}"></script></body>
</html>`;

/** ReDoc styles itself from script and renders in a worker; nothing is fetched from elsewhere. */
const REDOC_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Swagger UI at /docs, ReDoc at /redoc, and what both read at /openapi.json. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createOpenApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Gatehouse API',
    swaggerOptions: { tryItOutEnabled: true },
  });
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  server.get('/redoc', (_, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', REDOC_CSP)
      .send(REDOC_PAGE),
  );
  server.get(REDOC_SCRIPT, (_, reply) =>
    reply
      .type('text/javascript; charset=utf-8')
      .header('cache-control', 'public, max-age=3600')
      .send(readFileSync(redocBundle())),
  );
}

/** Beside the build, where `npm run build` put it; in a checkout without one, in its package. */
function redocBundle(): string {
  const built = join(__dirname, '../../assets/redoc.standalone.js');
  return existsSync(built) ? built : require.resolve('redoc/bundles/redoc.standalone.js');
}
