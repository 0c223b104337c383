import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module';
import { AuditEventsController } from './audit-events.controller';

/** What admins read of the audit trail. */
@Module({ imports: [AuditModule], controllers: [AuditEventsController] })
export class AdminAuditModule {}
